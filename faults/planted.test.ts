import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { areas } from './planted/all'
import { plant } from './planted/fault'

const all = Object.values(areas).flat()

test('every fault still stands exactly once in its file, and changes it', () => {
  for (const fault of all) {
    const text = readFileSync(fault.file, 'utf8')
    expect([fault.name, plant(text, fault) === text]).toEqual([fault.name, false])
  }
})

test('there are enough of them, each of its own, each with tests that exist', () => {
  expect(all.length).toBeGreaterThanOrEqual(60)
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
  expect(new Set(all.map(({ file, find, replace }) => `${file} ${find} ${replace}`)).size).toBe(all.length)
  for (const { name, tests, project } of all) {
    expect([name, tests.length > 0 && tests.every((path) => existsSync(path))]).toEqual([name, true])
    // Which project runs a test is told by what it imports.
    const onBoth = tests.map((path) => /from '(@\/lib|\.)\/testing'/.test(readFileSync(path, 'utf8')))
    expect([name, onBoth.includes(project === 'once')]).toEqual([name, false])
  }
})

test('a text that is gone or stands twice is no place for a fault', () => {
  const fault = { name: 'x', file: 'x', find: 'aa', replace: 'b', tests: [], project: 'once' } as const
  expect(plant('1aa2', fault)).toBe('1b2')
  expect(() => plant('12', fault)).toThrow('not there')
  expect(() => plant('aaa', fault)).toThrow('more than once')
})
