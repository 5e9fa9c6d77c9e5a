import { expect, test } from 'vitest'
import { figures, quantile } from './figures'

test('a run fails when a bound is broken, a figure is missing, or something happened that never may', () => {
  const lines: string[] = []
  const run = () => figures('a run', (line) => lines.push(line))
  const held = run()
  held.add({ name: 'back after', value: 640, unit: 'ms', bound: { most: 2000 } })
  held.add({ name: 'kills', value: 200, unit: '', bound: { least: 200 } })
  held.add({ name: 'writes', value: 12, unit: '' })
  expect(held.report()).toBe(0)
  for (const wrong of [2001, Number.NaN]) {
    const late = run()
    late.add({ name: 'back after', value: wrong, unit: 'ms', bound: { most: 2000 } })
    expect(late.report()).toBe(1)
  }
  const lost = run()
  lost.broken('change 17 is gone')
  expect(lost.report()).toBe(1)
  expect(lines.join('\n')).toContain('BROKEN  change 17 is gone')
})

test('quantiles are values that were seen', () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2)
  expect(quantile([3, 1, 2], 1)).toBe(3)
  expect(quantile([], 0.5)).toBeNaN()
})
