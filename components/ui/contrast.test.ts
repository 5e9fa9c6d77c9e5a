import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Every pair that the design promises, computed from the stylesheet itself: text 4.5, boundaries and graphics 3 (WCAG 2). */

const css = readFileSync(new URL('../../app/globals.css', import.meta.url), 'utf8')
type Lch = [number, number, number]
const tokens = new Map<string, [Lch, Lch]>()
const triple = (text: string): Lch => text.trim().split(/\s+/).map(Number) as Lch
for (const m of css.matchAll(/--([a-z0-9-]+): light-dark\(oklch\(([\d. ]+)\), oklch\(([\d. ]+)\)\);/g)) {
  tokens.set(m[1] ?? '', [triple(m[2] ?? ''), triple(m[3] ?? '')])
}

/** OKLCH to linear sRGB (Ottosson), clipped as a screen does. */
function linear([l, c, h]: Lch): [number, number, number] {
  const a = c * Math.cos((h * Math.PI) / 180)
  const b = c * Math.sin((h * Math.PI) / 180)
  const x = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const y = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const z = (l - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z,
    -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z,
    -0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z,
  ].map((v) => Math.min(1, Math.max(0, v))) as [number, number, number]
}
const luminance = (lch: Lch): number => {
  const [r, g, b] = linear(lch)
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
function ratio(over: string, under: string, dark: 0 | 1): number {
  const [one, two] = [tokens.get(over), tokens.get(under)]
  if (!one || !two) throw new Error(`no token ${one ? under : over}`)
  const [a, b] = [luminance(one[dark]), luminance(two[dark])]
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
}

const surfaces = ['surface', 'page', 'sunk', 'hover', 'overlay', 'selected']
const states = ['open', 'wait', 'retiring', 'over', 'warn', 'stop']
const text: [string, string][] = [
  ...['ink', 'ink-2', 'ink-3', 'link'].flatMap((t): [string, string][] => surfaces.map((s) => [t, s])),
  ...states.flatMap((s): [string, string][] => [
    [s, `${s}-tint`],
    [s, 'surface'],
    [s, 'page'],
    ['ink', `${s}-tint`],
    ['ink-2', `${s}-tint`],
  ]),
  ['on-petrol', 'petrol'],
  ['on-petrol', 'petrol-hover'],
  ['petrol', 'surface'],
  ['on-stop', 'stop-fill'],
  ['lintel-ink', 'lintel'],
  ['lintel-ink-2', 'lintel'],
  ['plate-ink', 'plate'],
  ['plate-ink-2', 'plate'],
]
const graphics: [string, string][] = [
  ['line-control', 'surface'],
  ['line-control', 'page'],
  ['line-control', 'sunk'],
  ...['surface', 'page', 'sunk'].map((s): [string, string] => ['focus', s]),
  ...['accepted', 'address', 'signature', 'right', 'off', 'replay'].map((c): [string, string] => [
    `chart-${c}`,
    'surface',
  ]),
]

for (const [name, dark] of [
  ['light', 0],
  ['dark', 1],
] as const) {
  test.each(text)(`${name}: %s can be read on %s`, (over, under) => {
    expect(ratio(over, under, dark)).toBeGreaterThanOrEqual(4.5)
  })
  test.each(graphics)(`${name}: %s can be seen on %s`, (over, under) => {
    expect(ratio(over, under, dark)).toBeGreaterThanOrEqual(3)
  })
}

test('known ratios come out as published', () => {
  expect(ratio('ink', 'surface', 0)).toBeCloseTo(16.0, 0)
  expect(ratio('plate-ink', 'plate', 1)).toBeCloseTo(18.1, 0)
})
