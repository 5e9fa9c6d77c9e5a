/** Numbers that a seed repeats: a disagreement is found again with `--seed`. */
export type Random = {
  /** A whole number from 0 to `below` - 1. */
  int(below: number): number
  chance(one: number): boolean
  pick<T>(list: readonly T[]): T
  bytes(length: number): Buffer
}

/** xorshift32 (Marsaglia 2003): fast, and good enough to choose inputs. */
export function randomFrom(seed: number): Random {
  let state = seed | 0 || 0x9e3779b9
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  for (let i = 0; i < 8; i++) next()
  const int = (below: number): number => next() % below
  return {
    int,
    chance: (one) => int(one) === 0,
    pick: (list) => list[int(list.length)] as (typeof list)[number],
    bytes: (length) => Buffer.from(Array.from({ length }, () => int(256))),
  }
}
