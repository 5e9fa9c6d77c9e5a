import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const folders = ['app', 'bench', 'bin', 'components', 'db', 'demo', 'docs', 'e2e', 'faults', 'gate', 'lib', 'testing']

test('every row that a test names stands in docs/checks.md, and no other', () => {
  const named = new Set<number>()
  for (const folder of folders) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(ts|tsx|mjs)$/.test(name)) continue
      for (const [, rows] of readFileSync(`${folder}/${name}`, 'utf8').matchAll(/CHECKS ((?:\d+(?:, ?)?)+)/g)) {
        for (const row of rows?.match(/\d+/g) ?? []) named.add(Number(row))
      }
    }
  }
  const listed = [...readFileSync('docs/checks.md', 'utf8').matchAll(/^\| (\d+) \|/gm)].map(([, row]) => Number(row))
  expect(listed).toEqual([...named].sort((a, b) => a - b))
})
