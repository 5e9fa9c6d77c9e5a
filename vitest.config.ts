import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Tests stand beside what they test. Those that import `@/lib/testing` or `./testing` use a database and run on both kinds. */
const folders = ['lib', 'db', 'gate', 'bin', 'demo', 'app', 'components', 'testing', 'docs', 'bench', 'faults']
const tests = folders.flatMap((folder) => testsIn(folder))
const usesDatabase = (file: string): boolean => /from '(@\/lib|\.)\/testing'/.test(readFileSync(file, 'utf8'))
const onBoth = tests.filter(usesDatabase)
const once = tests.filter((file) => !usesDatabase(file))

function testsIn(folder: string): string[] {
  try {
    return (readdirSync(folder, { recursive: true, encoding: 'utf8' }) as string[])
      .filter((name) => /\.test\.tsx?$/.test(name))
      .map((name) => `${folder}/${name}`)
  } catch {
    return []
  }
}

const none = ['no-test-uses-a-database-yet.test.ts']
const shared = { testTimeout: 20_000, hookTimeout: 60_000, passWithNoTests: true }

export default defineConfig({
  resolve: {
    alias: {
      '@': fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, ''),
      'server-only': fileURLToPath(new URL('./bin/shared/empty.mjs', import.meta.url)),
    },
  },
  test: {
    passWithNoTests: true,
    projects: [
      { extends: true, test: { ...shared, name: 'once', include: once, globalSetup: 'testing/global-once.ts' } },
      {
        extends: true,
        test: {
          ...shared,
          name: 'embedded',
          include: onBoth.length ? onBoth : none,
          globalSetup: 'testing/global-embedded.ts',
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: 'postgres',
          include: onBoth.length ? onBoth : none,
          globalSetup: 'testing/global-postgres.ts',
        },
      },
    ],
  },
})
