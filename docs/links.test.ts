import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { faults } from '@/faults/list.mjs'

const pages = [
  'README.md',
  'CHANGELOG.md',
  ...(readdirSync('docs', { recursive: true, encoding: 'utf8' }) as string[])
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

const linksOf = (page: string): string[] =>
  [...readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)].map((m) => m[1] ?? '')

test.each(pages)('%s links to what exists', (page) => {
  const own = linksOf(page).filter((link) => !/^(https?:|#)/.test(link))
  const dead = own.filter((link) => !existsSync(join(dirname(page), link.replace(/#.*$/, ''))))
  expect(dead).toEqual([])
})

test('every record of a decision stands in the list of decisions', () => {
  const records = readdirSync('docs/decisions').filter((name) => name !== 'README.md')
  expect(linksOf('docs/decisions/README.md').sort()).toEqual(records.sort())
})

test('every command the pages name is a script of package.json', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
  const named = pages.flatMap((page) => [
    ...readFileSync(page, 'utf8').matchAll(/\bnpm (?:run (?:--silent )?)?([a-z][a-z:]*)/g),
  ])
  const unknown = named.map((m) => m[1] ?? '').filter((name) => !(name in scripts) && !['ci', 'install'].includes(name))
  expect(named.length).toBeGreaterThan(5)
  expect(unknown).toEqual([])
})

test('the README names every run that breaks the product, and each is a program', () => {
  const named = [...readFileSync('README.md', 'utf8').matchAll(/npm run faults -- (\w+)/g)].map((m) => m[1])
  expect(named.sort()).toEqual(Object.keys(faults).sort())
  for (const name of named) expect([name, existsSync(`faults/${name}.ts`)]).toEqual([name, true])
})
