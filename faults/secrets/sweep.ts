import type { Place } from './place'
import { search } from './search'
import { isHome, type Secret } from './secret-kinds'

/** A secret found where it must not be. The value is not in here. */
export type Leak = { kind: string; label: string; where: string; encoding: string; length: number; masked: string }
export type Swept = {
  places: number
  bytes: number
  /** How many places there were of each sort: the first two words of a label. */
  sorts: Map<string, number>
  forms: number
  leaks: Leak[]
  /** Finds at home, by kind: a kind that is found nowhere was not looked for rightly. */
  atHome: Map<string, number>
}

/** Looks for every secret in every place. Places come one after the other, so that not all need to be in memory. */
export function sweep(secrets: readonly Secret[], places: Iterable<Place>): Swept {
  const long = secrets.filter(({ kind }) => kind !== 'code')
  const codes = new Map(secrets.filter(({ kind }) => kind === 'code').map((s) => [s.value.toString(), s]))
  const searched = search(
    long.map(({ value, whole }, at) => ({ name: String(at), value, ...(whole && { least: value.length }) })),
  )
  const apiSecrets = long.filter(({ kind }) => kind === 'apiSecret')
  const swept: Swept = { places: 0, bytes: 0, sorts: new Map(), forms: searched.forms, leaks: [], atHome: new Map() }
  const answers = new Map<Secret, Set<string>>()

  const judge = (secret: Secret, place: Place, encoding: string, length: number) => {
    const { kind, mostAnswers = Number.POSITIVE_INFINITY } = secret
    const { label, where } = place
    const leak = (how: string) =>
      swept.leaks.push({ kind, label, where, encoding: how, length, masked: masked(secret.value) })
    if (!isHome(secret, place)) return leak(encoding)
    swept.atHome.set(kind, (swept.atHome.get(kind) ?? 0) + 1)
    if (!label.includes('response body')) return
    const seen = answers.get(secret) ?? new Set()
    answers.set(secret, seen.add(where))
    if (seen.size > mostAnswers) leak(`${encoding}, again`)
  }

  for (const place of places) {
    swept.places += 1
    swept.bytes += place.bytes.length
    const sort = place.label.startsWith('row ') ? 'row' : place.label.split(' ').slice(0, 2).join(' ')
    swept.sorts.set(sort, (swept.sorts.get(sort) ?? 0) + 1)
    for (const { name, encoding, length } of searched.in(place.bytes))
      judge(long[Number(name)]!, place, encoding, length)
    if (!place.text) continue
    const text = place.bytes.toString()
    for (const [, code = ''] of text.matchAll(/(?<![\w.%])(\d{6})(?![\w%])/g)) {
      const secret = codes.get(code)
      if (secret) judge(secret, place, 'itself', code.length)
    }
    for (const { secret, shown } of partsShown(text, apiSecrets)) judge(secret, place, 'beginning or end', shown)
  }
  return swept
}

/** Four characters or more of a secret's beginning after its prefix, or of its end after a mask. */
function partsShown(text: string, secrets: readonly Secret[]): { secret: Secret; shown: number }[] {
  const found: { secret: Secret; shown: number }[] = []
  const note = (part: string, fits: (whole: string) => boolean) => {
    const secret = secrets.find(({ value }) => fits(value.toString()))
    if (secret) found.push({ secret, shown: part.length })
  }
  for (const [, part = ''] of text.matchAll(/gts_(?:test|live)_([A-Za-z0-9]{4,11})(?![A-Za-z0-9])/g)) {
    note(part, (whole) => whole.startsWith(part))
  }
  for (const [, part = ''] of text.matchAll(/(?:[•●…*·x]{2,}|\.{3}|…) ?([A-Za-z0-9]{4,11})(?![A-Za-z0-9])/g)) {
    note(part, (whole) => whole.endsWith(part))
  }
  return found
}

/** Enough to tell two values apart, and not more: its length and two characters. */
export function masked(value: Buffer): string {
  const text = value.toString('latin1')
  return /^[\x20-\x7e]+$/.test(text) && text.length > 6
    ? `${text.slice(0, 2)}… (${text.length} characters)`
    : `(${text.length} bytes)`
}
