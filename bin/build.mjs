#!/usr/bin/env node
/** Bundles every program that runs outside Next into `build/`: one file to start, no TypeScript at run time. */
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Native code and files beside their module: they stay in node_modules. */
const external = ['next', '@electric-sql/pglite', '@electric-sql/pglite/*', '@node-rs/argon2', 'pg-native']

const demoPrograms = ['seed', 'people', 'code', 'sample-api', 'mailbox', 'merchant']

/** `bin/x.ts` becomes `x.mjs`, a program of `demo/` becomes `demo-x.mjs`. */
export function entries() {
  const found = {}
  for (const name of readdirSync(join(root, 'bin'))) {
    if (/^[^.]+\.ts$/.test(name)) found[name.slice(0, -3)] = join(root, 'bin', name)
  }
  for (const name of demoPrograms) found[`demo-${name}`] = join(root, 'demo', `${name}.ts`)
  return found
}

/** @param {{ outdir: string, entryPoints?: Record<string, string> }} options */
export async function bundle({ outdir, entryPoints = entries() }) {
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    chunkNames: 'shared-[hash]',
    sourcemap: 'linked',
    sourcesContent: false,
    external,
    // Throws in plain Node, and stands only in files that Next builds.
    alias: { 'server-only': join(root, 'bin', 'shared', 'empty.mjs') },
    // Bundled CommonJS packages call require for Node's own modules.
    banner: {
      js: `import { createRequire as gatehouseRequire } from 'node:module';const require = gatehouseRequire(import.meta.url);`,
    },
    logLevel: 'warning',
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await bundle({ outdir: join(root, 'build') })
