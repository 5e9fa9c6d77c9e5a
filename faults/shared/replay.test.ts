import { expect, test } from 'vitest'
import { type AuditRow, replay } from './replay'

const start = Date.parse('2026-01-05T10:00:00Z')
const after = (minutes: number) => new Date(start + minutes * 60_000)
const row = (
  minutes: number,
  action: string,
  subject: string | null = null,
  detail: AuditRow['detail'] = {},
): AuditRow => ({ at: after(minutes), action, subject, detail })
const states = (rows: AuditRow[], minutes: number) =>
  Object.fromEntries([...replay(rows, after(minutes)).generations].map(([id, g]) => [id, g.state]))

const planned = [
  row(0, 'credential.regenerated', 'a'),
  row(1, 'credential.acknowledged', 'a', { oldEndsAt: null }),
  row(2, 'credential.regenerated', 'b'),
  row(3, 'credential.acknowledged', 'b', { oldEndsAt: after(63).toISOString() }),
]

test('an old pair retires until its overlap has run out', () => {
  expect(states(planned, 4)).toEqual({ a: 'retiring', b: 'current' })
  expect(states(planned, 63)).toEqual({ a: 'revoked', b: 'current' })
  expect(states([...planned, row(5, 'credential.overlap_ended', 'a')], 6)).toEqual({ a: 'revoked', b: 'current' })
})

test('a leak ends everything that is not the new pair', () => {
  const leaked = [
    ...planned,
    row(4, 'credential.regenerated', 'c'),
    row(5, 'credential.leak_ended', 'user'),
    row(5, 'credential.regenerated', 'd'),
  ]
  expect(states(leaked, 6)).toEqual({ a: 'revoked', b: 'revoked', c: 'discarded', d: 'open' })
})

test('a whitelist is what was added and not removed, with as many versions as changes', () => {
  const { whitelist } = replay(
    [
      row(0, 'whitelist.changed', 'w', { added: ['203.0.113.7', '198.51.100.0/26'], removed: [], on: true }),
      row(1, 'whitelist.changed', 'w', { added: [], removed: ['203.0.113.7'], on: true }),
      row(2, 'whitelist.turned_off', 'w'),
    ],
    after(3),
  )
  expect(whitelist).toEqual({ state: 'off', version: 3, ranges: new Set(['198.51.100.0/26']) })
})

test('allowing money-out cuts a running overlap to 24 hours', () => {
  const week = after(3 + 7 * 1440)
  const rows = [...planned.slice(0, 3), row(3, 'credential.acknowledged', 'b', { oldEndsAt: week.toISOString() })]
  const { generations } = replay([...rows, row(10, 'money_out.allowed')], after(11))
  expect(generations.get('a')).toEqual({ state: 'retiring', retiresAt: after(10 + 1440) })
})
