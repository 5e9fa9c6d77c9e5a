import { mutate } from './mutate'
import { type Random, randomFrom } from './random'

/** A parser of untrusted input beside something that knows better: an oracle, or a rule that must always hold. */
export type Target = {
  name: string
  /** Known good and known bad inputs to begin with. */
  examples: readonly string[]
  /** Words of its grammar. */
  words?: readonly string[]
  /** A fresh input by the grammar, instead of a mutation. */
  make?: (random: Random) => string
  /**
   * Throws where the parser breaks a promise. What it returns names the outcome; an input with a new outcome is kept
   * and mutated further.
   */
  check: (input: string) => string | Promise<string>
  /** Milliseconds one input may take (CHECKS 118: 5 ms). */
  slowest?: number
  /** Most inputs of a long run, where one costs too much for a million. */
  most?: number
}

export type Found = { input: string; why: string }
export type Outcome = {
  runs: number
  perSecond: number
  found: Found[]
  outcomes: number
  slowestMs: number
  slowestInput: string
}

const mostKept = 3000
const mostFound = 20

/** Runs a target for a number of inputs. The same seed makes the same inputs. */
export async function fuzz(target: Target, { runs, seed }: { runs: number; seed: number }): Promise<Outcome> {
  const random = randomFrom(seed)
  const kept = [...target.examples]
  const seen = new Set<string>()
  const found: Found[] = []
  let [slowestMs, slowestInput] = [0, '']
  const began = performance.now()
  for (let run = 0; run < runs && found.length < mostFound; run++) {
    const input = run < target.examples.length ? (target.examples[run] as string) : next(target, random, kept)
    const started = performance.now()
    let outcome: string
    try {
      const told = target.check(input)
      outcome = typeof told === 'string' ? told : await told
    } catch (error) {
      found.push({ input, why: error instanceof Error ? error.message : String(error) })
      continue
    }
    const took = performance.now() - started
    if (took > slowestMs) [slowestMs, slowestInput] = [took, input]
    if (!seen.has(outcome) && kept.length < mostKept) {
      seen.add(outcome)
      kept.push(input)
    }
  }
  const perSecond = runs / ((performance.now() - began) / 1000)
  const measured = await again(target, slowestInput, slowestMs)
  return { runs, perSecond, found, outcomes: seen.size, slowestMs: measured, slowestInput }
}

const next = (target: Target, random: Random, kept: readonly string[]): string =>
  target.make && random.chance(3) ? target.make(random) : mutate(random.pick(kept), random, kept, target.words ?? [])

/** The least of five: one long time alone may be the machine's. */
async function again(target: Target, input: string, once: number): Promise<number> {
  let least = once
  for (let i = 0; i < 5; i++) {
    const started = performance.now()
    await Promise.resolve(target.check(input)).catch(() => {})
    least = Math.min(least, performance.now() - started)
  }
  return least
}

/** Says in one line where a promise was broken. */
export function must(holds: boolean, why: string): asserts holds {
  if (!holds) throw new Error(why)
}
