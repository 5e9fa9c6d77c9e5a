import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isOlder, LEAST_NEXT, provePatched, Unpatched } from './framework'

const pinned = (JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> })
  .dependencies['next'] as string

// CHECKS 108
test('the framework that is pinned and the one that is installed are patched, and the same', () => {
  expect(isOlder(pinned, LEAST_NEXT)).toBe(false)
  expect(provePatched(process.cwd())).toBe(pinned)
})

// CHECKS 108
test.each(['16.4.5', '15.9.9', '16.4.6-canary.1', '16', 'latest', ''])('%j does not start', (version) => {
  const root = mkdtempSync(join(tmpdir(), 'gatehouse-next-'))
  mkdirSync(join(root, 'node_modules/next'), { recursive: true })
  writeFileSync(join(root, 'node_modules/next/package.json'), JSON.stringify({ version }))
  expect(() => provePatched(root)).toThrow(Unpatched)
  rmSync(root, { recursive: true })
})

test.each(['16.4.6', '16.4.7', '16.10.0', '17.0.0'])('%s is not older', (version) => {
  expect(isOlder(version, '16.4.6')).toBe(false)
})
