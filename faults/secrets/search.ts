import { type Form, formsOf, LEAST } from './encodings'

/** A value to look for under a name of the caller's. */
export type Needle = {
  name: string
  value: Buffer
  /** Bytes of it in a row that are a find, 12 unless given. */
  least?: number
}
export type Find = { name: string; encoding: string; at: number; length: number }

export type Search = {
  /** Every place in the bytes where a needle, or 12 characters in a row of one, stands in any encoding. */
  in(bytes: Buffer): Find[]
  forms: number
}

/**
 * Looks for many values at once: a rolling hash over 12 bytes says where one may begin, and the bytes themselves
 * decide. The time depends on the length of what is searched, not on how many values there are.
 */
export function search(needles: readonly Needle[]): Search {
  const forms = needles.flatMap(({ name, value, least }) => formsOf(value, least).map((form) => ({ name, ...form })))
  const index = new Map<number, number[]>()
  forms.forEach((form, number) => {
    for (const offset of seedsOf(form)) {
      const hash = hashOf(form.bytes, offset)
      const there = index.get(hash)
      if (there) there.push(number, offset)
      else index.set(hash, [number, offset])
    }
  })
  /** A bit for each hash, most of them unset: the index itself is asked seldom. */
  const bits = Math.min(26, Math.max(12, Math.ceil(Math.log2(index.size + 1)) + 8))
  const slotOf = (hash: number): number => Math.imul(hash, 0x9e3779b1) >>> (32 - bits)
  const maybe = new Uint8Array(1 << (bits - 3))
  for (const hash of index.keys()) maybe[slotOf(hash) >>> 3]! |= 1 << (slotOf(hash) & 7)

  function find(bytes: Buffer): Find[] {
    const finds: Find[] = []
    /** Of each value in each encoding, where its last find ended: forms of it that look alike are one find. */
    const ends = new Map<string, number>()
    let hash = 0
    for (let at = 0; at < bytes.length; at += 1) {
      hash = (Math.imul(hash, BASE) + bytes[at]!) | 0
      if (at >= LEAST) hash = (hash - Math.imul(bytes[at - LEAST]!, FALLS)) | 0
      if (at < LEAST - 1) continue
      const slot = slotOf(hash)
      if ((maybe[slot >>> 3]! & (1 << (slot & 7))) === 0) continue
      const seeds = index.get(hash)
      if (seeds) look(bytes, at - LEAST + 1, seeds, ends, finds)
    }
    return finds
  }

  function look(bytes: Buffer, at: number, seeds: number[], ends: Map<string, number>, finds: Find[]): void {
    for (let i = 0; i < seeds.length; i += 2) {
      const number = seeds[i]!
      const form = forms[number]!
      const which = `${form.name} ${form.encoding}`
      if ((ends.get(which) ?? 0) > at) continue
      let from = 0
      while (at - from > 0 && seeds[i + 1]! - from > 0 && bytes[at - from - 1] === form.bytes[seeds[i + 1]! - from - 1])
        from += 1
      let to = 0
      while (seeds[i + 1]! + to < form.bytes.length && bytes[at + to] === form.bytes[seeds[i + 1]! + to]) to += 1
      if (from + to < form.least) continue
      ends.set(which, at + to)
      finds.push({ name: form.name, encoding: form.encoding, at: at - from, length: from + to })
    }
  }

  return { in: find, forms: forms.length }
}

const BASE = 0x01000193
/** What the byte that leaves the window weighs. */
const FALLS = Array.from({ length: LEAST }).reduce<number>((power) => Math.imul(power, BASE), 1)

function hashOf(bytes: Buffer, from: number): number {
  let hash = 0
  for (let at = from; at < from + LEAST; at += 1) hash = (Math.imul(hash, BASE) + bytes[at]!) | 0
  return hash
}

/** Offsets so near to each other that every run of `least` bytes holds one of them whole. */
function seedsOf({ bytes, least }: Form): number[] {
  const offsets: number[] = []
  const last = bytes.length - LEAST
  for (let at = 0; at <= last; at += least - LEAST + 1) offsets.push(at)
  if (offsets.at(-1) !== last) offsets.push(last)
  return offsets
}
