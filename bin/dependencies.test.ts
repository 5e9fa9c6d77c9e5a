import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

type Locked = {
  version?: string
  resolved?: string
  integrity?: string
  optional?: true
  hasInstallScript?: true
  link?: true
}
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
  'dependencies' | 'devDependencies',
  Record<string, string>
>
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, Locked & typeof manifest>
}
const installed = Object.entries(lock.packages).filter(([path]) => path !== '')

/** esbuild picks its binary at install time; it finds it without that too, and scripts are not run. */
const mayHaveScripts = /(^|\/)esbuild$/

// CHECKS 145
test('every dependency is named with its exact version, and the lock file knows the same ones', () => {
  const named = { ...manifest.dependencies, ...manifest.devDependencies }
  for (const [name, version] of Object.entries(named))
    expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+$/)])
  const root = lock.packages['']
  expect({ ...root?.dependencies, ...root?.devDependencies }).toEqual(named)
  for (const [name, version] of Object.entries(named))
    expect(lock.packages[`node_modules/${name}`]?.version).toBe(version)
})

// CHECKS 145
test('what is installed comes from the registry, is proved by its digest, and runs nothing when it is installed', () => {
  for (const [path, { resolved, integrity, optional, link, hasInstallScript }] of installed) {
    expect([path, link]).toEqual([path, undefined])
    // Without an address npm asks the configured registry; git, file and plain http addresses name themselves.
    if (resolved) expect([path, resolved]).toEqual([path, expect.stringMatching(/^https:\/\/registry\.npmjs\.org\//)])
    // The binaries for other platforms are listed and not installed.
    if (!optional) expect([path, integrity]).toEqual([path, expect.stringMatching(/^sha512-/)])
    if (hasInstallScript) expect(path).toMatch(mayHaveScripts)
  }
  expect(readFileSync('bin/setup.mjs', 'utf8')).toContain("'--ignore-scripts'")
})
