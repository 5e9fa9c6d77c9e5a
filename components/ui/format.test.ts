import { expect, test } from 'vitest'
import { ago, initials, inUtc, left, offsetOf } from './format'

test('a countdown says minutes below an hour, hours below two days, then days', () => {
  expect(left(581_000)).toBe('9:41')
  expect(left(23 * 3_600_000 + 40 * 60_000)).toBe('23 h 40 min')
  expect(left(50 * 3_600_000)).toBe('2 d 2 h')
  expect(left(-5)).toBe('0:00')
})

test('the past in words', () => {
  expect([ago(2_000), ago(12_000), ago(60_000), ago(7_200_000), ago(6 * 86_400_000)]).toEqual([
    'now',
    '12 seconds ago',
    '1 minute ago',
    '2 hours ago',
    '6 days ago',
  ])
})

test('offsets, also the odd ones', () => {
  expect([offsetOf(0), offsetOf(-60), offsetOf(210), offsetOf(-345)]).toEqual(['UTC', 'UTC+1', 'UTC-3:30', 'UTC+5:45'])
})

test('UTC is written out', () => {
  expect(inUtc(new Date('2026-11-21T14:32:08Z'))).toBe('21 Nov 2026, 14:32 UTC')
})

test('initials survive odd names', () => {
  expect([initials('Tomás Ferreira de Albuquerque'), initials('  Åsa '), initials('')]).toEqual(['TF', 'Å', '?'])
})
