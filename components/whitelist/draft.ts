import {
  covers,
  matches,
  maxEntries,
  maxNote,
  parseAddress,
  parseRange,
  type RangeRefusal,
  splitPasted,
  type WhitelistChange,
  type WhitelistEntryView,
  type WhitelistView,
} from '@/lib/whitelist/model'
import { whitelistWords as words } from '@/lib/words/whitelist'

/** What somebody is about to change, on top of the list as it was when they looked. Pure. */
export type Added = { key: number; typed: string; range: string | null; refusal: RangeRefusal | null; note: string }
export type Draft = {
  base: WhitelistView
  added: Added[]
  /** Ids of entries of the base. */
  removed: string[]
  /** New notes by entry id. */
  notes: Record<string, string>
  next: number
  /** What adding had to say: host bits cleared, already there. */
  said: string[]
}

export const emptyDraft = (base: WhitelistView): Draft => ({
  base,
  added: [],
  removed: [],
  notes: {},
  next: 1,
  said: [],
})

const kept = (d: Draft): WhitelistEntryView[] => d.base.entries.filter((e) => !d.removed.includes(e.id))

/** Adds what was typed or pasted. What cannot be read stays with its text; a removed entry typed again is put back. */
export function add(draft: Draft, text: string): Draft {
  let d: Draft = { ...draft, said: [] }
  for (const piece of splitPasted(text)) {
    const { result, note } = piece
    if (!result.ok) {
      d = withAdded(d, { typed: piece.text, range: null, refusal: result.error })
      continue
    }
    const { canonical, normalisedFrom } = result
    if (normalisedFrom) {
      const sameHost = parseRange(normalisedFrom.split('/')[0] ?? '')
      const lostBits = sameHost.ok && sameHost.canonical !== canonical.split('/')[0]
      d = say(d, (lostBits ? words.normalised : words.written)(normalisedFrom, canonical))
    }
    const back = d.base.entries.find((e) => e.range === canonical && d.removed.includes(e.id))
    if (back) {
      d = putBack(d, back.id)
      continue
    }
    if (kept(d).some((e) => e.range === canonical) || d.added.some((a) => a.range === canonical)) {
      d = say(d, words.twice(canonical))
      continue
    }
    const outer = kept(d).find((e) => {
      const range = parseRange(e.range)
      return range.ok && covers(range.range, result.range)
    })
    if (outer) d = say(d, words.within(canonical, outer.range))
    d = withAdded(d, { typed: piece.text, range: canonical, refusal: null, note })
  }
  return d
}

const say = (d: Draft, text: string): Draft => ({ ...d, said: [...d.said, text] })
const withAdded = (d: Draft, a: Omit<Added, 'key' | 'note'> & { note?: string }): Draft =>
  d.added.some((x) => x.typed === a.typed && x.range === a.range)
    ? d
    : { ...d, added: [...d.added, { note: '', ...a, key: d.next }], next: d.next + 1 }

export const remove = (d: Draft, id: string): Draft => ({ ...d, removed: [...d.removed.filter((x) => x !== id), id] })
export const putBack = (d: Draft, id: string): Draft => ({ ...d, removed: d.removed.filter((x) => x !== id) })
export const dropAdded = (d: Draft, key: number): Draft => ({ ...d, added: d.added.filter((a) => a.key !== key) })

export function setNote(d: Draft, target: { id: string } | { key: number }, note: string): Draft {
  const text = note.trim().slice(0, maxNote)
  if ('key' in target) return { ...d, added: d.added.map((a) => (a.key === target.key ? { ...a, note: text } : a)) }
  const entry = d.base.entries.find((e) => e.id === target.id)
  if (!entry) return d
  const { [target.id]: _, ...rest } = d.notes
  return { ...d, notes: entry.note === text ? rest : { ...rest, [target.id]: text } }
}

export function changeOf(d: Draft): WhitelistChange {
  return {
    version: d.base.version,
    add: d.added.flatMap((a) => (a.range ? [{ range: a.range, note: a.note }] : [])),
    remove: d.removed,
    notes: Object.entries(d.notes)
      .filter(([id]) => !d.removed.includes(id))
      .map(([id, note]) => ({ id, note })),
  }
}

export type Summary = {
  added: number
  removed: number
  noted: number
  invalid: Added[]
  changed: boolean
  turnsOn: boolean
  empties: boolean
  tooMany: boolean
}

export function summary(d: Draft): Summary {
  const c = changeOf(d)
  const invalid = d.added.filter((a) => a.refusal)
  const left = d.base.entries.length - c.remove.length + c.add.length
  return {
    added: c.add.length,
    removed: c.remove.length,
    noted: c.notes.length,
    invalid,
    changed: c.add.length + c.remove.length + c.notes.length + invalid.length > 0,
    turnsOn: d.base.state === 'off' && d.base.entries.length === 0 && c.add.length > 0,
    empties: d.base.state === 'on' && left === 0 && c.remove.length > 0,
    tooMany: left > maxEntries,
  }
}

/** The same wishes on top of what somebody else saved meanwhile; `dropped` counts those that they already fulfilled. */
export function rebase(d: Draft, theirs: WhitelistView): { draft: Draft; dropped: number } {
  const has = (id: string) => theirs.entries.some((e) => e.id === id)
  const added = d.added.filter((a) => !a.range || !theirs.entries.some((e) => e.range === a.range))
  const removed = d.removed.filter(has)
  const notes = Object.fromEntries(
    Object.entries(d.notes).filter(([id, note]) => theirs.entries.some((e) => e.id === id && e.note !== note)),
  )
  const dropped =
    d.added.length -
    added.length +
    d.removed.length -
    removed.length +
    Object.keys(d.notes).length -
    Object.keys(notes).length
  return { draft: { ...d, base: theirs, added, removed, notes, said: [] }, dropped }
}

/** Whether this range lets the address in. */
export function holds(range: string, address: string): boolean {
  const parsed = parseRange(range)
  const own = parseAddress(address)
  return parsed.ok && own !== null && matches([parsed.range], own)
}
