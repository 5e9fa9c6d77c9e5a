import { expect, test } from 'vitest'
import type { WhitelistView } from '@/lib/whitelist/model'
import { add, changeOf, emptyDraft, holds, putBack, rebase, remove, setNote, summary } from './draft'

const entry = (id: string, range: string, note = '') => ({
  id,
  range,
  note,
  addedAt: new Date(0),
  addedBy: 'Olivia',
  expiresAt: null,
})
const list = (over: Partial<WhitelistView> = {}): WhitelistView => ({
  id: 'w',
  state: 'on',
  version: 3,
  entries: [entry('a', '203.0.113.7', 'Hamburg'), entry('b', '198.51.100.0/26')],
  changedAt: new Date(0),
  changedBy: null,
  ...over,
})

test('pasted lines and commas become entries; what cannot be read keeps its text', () => {
  const d = add(emptyDraft(list()), '192.0.2.1, 2001:DB8::1\n198.51.100.20:443')
  expect(changeOf(d).add.map((a) => a.range)).toEqual(['192.0.2.1', '2001:db8::1'])
  expect(summary(d).invalid.map((a) => [a.typed, a.refusal])).toEqual([['198.51.100.20:443', 'port']])
})

test('words after an address are its note, as lists of servers are kept; a line with # is a remark', () => {
  const lines = ['# shops', '192.0.2.1 Shop A, Lyon', '192.0.2.2\t# rack 7', '192.0.2.3,prod', '# 192.0.2.9']
  const d = add(emptyDraft(list()), lines.join('\n'))
  expect(changeOf(d).add).toEqual([
    { range: '192.0.2.1', note: 'Shop A, Lyon' },
    { range: '192.0.2.2', note: 'rack 7' },
    { range: '192.0.2.3', note: 'prod' },
  ])
  const mistakes = add(emptyDraft(list()), '192.0.2.1 192.0.2\n192.0.2.2 shop.example\n192.0.2.3 fe80::1%eth0')
  expect(summary(mistakes).invalid.map((a) => a.typed)).toEqual(['192.0.2', 'shop.example', 'fe80::1%eth0'])
})

test('cleared host bits are said', () => {
  expect(add(emptyDraft(list()), '192.0.2.9/24').said[0]).toMatch(
    /192\.0\.2\.9\/24 is written as 192\.0\.2\.0\/24: the rest/,
  )
  expect(add(emptyDraft(list()), '2001:DB8::1').said[0]).toBe('2001:DB8::1 is written as 2001:db8::1.')
})

test('an entry twice is said and not added; a removed one typed again comes back', () => {
  expect(summary(add(emptyDraft(list()), '203.0.113.7')).changed).toBe(false)
  expect(summary(add(remove(emptyDraft(list()), 'a'), '203.0.113.7')).changed).toBe(false)
  expect(putBack(remove(emptyDraft(list()), 'a'), 'a').removed).toEqual([])
})

test('the first entry of a list that was never on turns it on; removing the last leaves it on and refusing', () => {
  expect(summary(add(emptyDraft(list({ state: 'off', entries: [] })), '192.0.2.1')).turnsOn).toBe(true)
  const d = remove(remove(emptyDraft(list()), 'a'), 'b')
  expect(summary(d)).toMatchObject({ empties: true, removed: 2 })
})

test('two editors lose nothing: my wishes stay on top of theirs', () => {
  let mine = remove(add(emptyDraft(list()), '192.0.2.1 192.0.2.2'), 'a')
  mine = setNote(mine, { id: 'b' }, 'Lisbon')
  const theirs = list({ version: 4, entries: [entry('b', '198.51.100.0/26'), entry('c', '192.0.2.1')] })
  const { draft, dropped } = rebase(mine, theirs)
  expect(changeOf(draft)).toEqual({
    version: 4,
    add: [{ range: '192.0.2.2', note: '' }],
    remove: [],
    notes: [{ id: 'b', note: 'Lisbon' }],
  })
  expect(dropped).toBe(2)
})

test('own address', () => {
  expect(holds('198.51.100.0/26', '198.51.100.5')).toBe(true)
  expect(holds('198.51.100.0/26', '198.51.100.77')).toBe(false)
})
