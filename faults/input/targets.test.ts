import { expect, test } from 'vitest'
import { fuzz } from './fuzz'
import { seedsOf } from './seeds'
import { targets } from './targets/all'

/** `npm run faults -- input` gives each parser a million inputs; here a short look, from another seed each time. */
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31)
const all = targets().map((target) => ({ ...target, examples: [...target.examples, ...seedsOf(target.name)] }))

// CHECKS 21, 32, 58, 63, 65, 67, 78, 79, 105, 107, 113, 114, 118, 119
test.each(all)('$name keeps its promises, whatever comes', async (target) => {
  const runs = Math.min(2000, Math.ceil((target.most ?? 1_000_000) / 25))
  const { found, outcomes, slowestMs, slowestInput } = await fuzz(target, { runs, seed })
  expect(found, `again with FUZZ_SEED=${seed}`).toEqual([])
  expect(outcomes).toBeGreaterThan(1)
  expect(slowestMs, `${JSON.stringify(slowestInput.slice(0, 200))}, FUZZ_SEED=${seed}`).toBeLessThan(
    10 * (target.slowest ?? 5),
  )
})

test('a broken promise is found, told with its input, and the same seed finds it again', async () => {
  const broken = {
    name: 'broken',
    examples: ['10.0.0.1/24', '10.0.0.0/8'],
    check(text: string) {
      if (/\/0\d/.test(text)) throw new Error('a leading zero')
      return text.length > 9 ? 'long' : 'short'
    },
  }
  const once = await fuzz(broken, { runs: 50_000, seed: 7 })
  const again = await fuzz(broken, { runs: 50_000, seed: 7 })
  expect(once.found.length).toBeGreaterThan(0)
  expect(once.found[0]).toMatchObject({ why: 'a leading zero', input: expect.stringMatching(/\/0\d/) })
  expect(again.found).toEqual(once.found)
})
