/**
 * Addresses and ranges of IP whitelists: IPv4, IPv6, CIDR. Pure and safe in a browser.
 * Canonical text is RFC 5952 (lower case, compressed); `::ffff:a.b.c.d` is IPv4 (RFC 4291 2.5.5.2).
 * Families never match each other, and no IPv4 address is read out of NAT64, 6to4 or Teredo forms.
 */

/** Entries one whitelist may hold. */
export const maxEntries = 200
/** Characters of a note. */
export const maxNote = 80

/** `words` are signed 32-bit: one for IPv4, four for IPv6, most significant first. */
export type ParsedAddress = { readonly family: 4 | 6; readonly words: readonly number[] }

/** A network with its mask ready: an address is inside when `(word & mask) === network word` for each word. */
export type Range = ParsedAddress & { readonly prefix: number; readonly masks: readonly number[] }

/** Why a text is no range, in the order a person can act on it. */
export const rangeRefusals = [
  'empty',
  'port',
  'zone_id',
  'dash_range',
  'wildcard',
  'leading_zero',
  'short_form',
  'number_form',
  'netmask',
  'bad_prefix',
  'mapped_prefix',
  'everything',
  'too_wide',
  'not_an_address',
] as const
export type RangeRefusal = (typeof rangeRefusals)[number]

export type RangeResult =
  | { ok: true; range: Range; canonical: string; normalisedFrom?: string }
  | { ok: false; error: RangeRefusal }

const refuse = (error: RangeRefusal): { ok: false; error: RangeRefusal } => ({ ok: false, error })

/** Wider ranges are refused: a handful of them would be everybody, which is the whitelist turned off unseen. */
export const shortestPrefix = { 4: 8, 6: 16 } as const

/** The longest text that can be a range: a full IPv6 address with a dotted tail and a prefix. */
const longest = 49

/**
 * Reads one whitelist entry. Host bits are cleared, and the result says so: `normalisedFrom` is the text as
 * typed wherever the canonical form differs from it. `/0` and ranges wider than `shortestPrefix` are refused.
 */
export function parseRange(text: string): RangeResult {
  const typed = text.trim()
  if (typed === '') return refuse('empty')
  if (typed.length > longest) return refuse('not_an_address')
  const slash = typed.indexOf('/')
  const host = slash < 0 ? typed : typed.slice(0, slash)
  const address = readAddress(host)
  if (!address) return refuse(explain(host))
  const bits = slash < 0 ? widthOf(address) : readPrefix(typed.slice(slash + 1), widthOf(address))
  if (typeof bits === 'string') return refuse(bits)
  const range = isMapped(address) ? mappedRange(address, bits) : rangeOf(address, bits)
  if (!range) return refuse('mapped_prefix')
  if (range.prefix === 0) return refuse('everything')
  if (range.prefix < shortestPrefix[range.family]) return refuse('too_wide')
  const canonical = formatRange(range)
  return canonical === typed ? { ok: true, range, canonical } : { ok: true, range, canonical, normalisedFrom: typed }
}

/** One caller's address, or null when the text is not exactly one; a mapped address is its IPv4 address. */
export function parseAddress(text: string): ParsedAddress | null {
  if (text.length > longest) return null
  const address = readAddress(text)
  return address && isMapped(address) ? { family: 4, words: [address.words[3] ?? 0] } : address
}

/** A pasted piece with the line it stood on (from 1), parsed or with the reason why not, and the note beside it. */
export type Pasted = { text: string; line: number; result: RangeResult; note: string }

/**
 * Pieces between commas, semicolons, blanks and line ends. Words after the address of a line are its note, as lists of
 * servers are kept; a line that begins with `#` is a remark. What else cannot be read keeps its text.
 */
export function splitPasted(text: string): Pasted[] {
  return text.split(/\r\n|\n|\r/).flatMap((row, index) => {
    const pieces = row.split(/[\s,;]/).filter((piece) => piece !== '')
    if (pieces[0]?.startsWith('#')) return []
    const read = pieces.map((piece) => ({ text: piece, line: index + 1, result: parseRange(piece), note: '' }))
    const [first, second] = read
    const hasNote = first?.result.ok && second && read.every((p) => p === first || !p.result.ok) && isWord(second.text)
    return hasNote ? [{ ...first, note: noteIn(row, first.text) }] : read
  })
}

/** Begins a note: a remark sign, or a word that nobody could have meant as an address. */
const isWord = (piece: string): boolean => /^(#|\/\/|[-–—"'(]|\p{L}[^.:/*%]*$)/u.test(piece)

const noteIn = (row: string, address: string): string =>
  row
    .slice(row.indexOf(address) + address.length)
    .replace(/^[\s,;#/–—-]+/, '')
    .slice(0, maxNote)
    .trim()

/** Whether any range of the list holds the address. An empty list holds none. */
export function matches(list: readonly Range[], address: ParsedAddress): boolean {
  for (const range of list) if (contains(range, address)) return true
  return false
}

/** Whether every address of `inner` is already in `outer`. */
export const covers = (outer: Range, inner: Range): boolean => outer.prefix <= inner.prefix && contains(outer, inner)

function contains(range: Range, address: ParsedAddress): boolean {
  if (range.family !== address.family) return false
  const { words, masks } = range
  for (let i = 0; i < words.length; i++) {
    if (((address.words[i] as number) & (masks[i] as number)) !== words[i]) return false
  }
  return true
}

/** Canonical text of an address. */
export function formatAddress(address: ParsedAddress): string {
  return address.family === 4 ? dotted(address.words[0] ?? 0) : colons(address.words)
}

/** Canonical text of a range: without the prefix where it is a single address. */
export function formatRange(range: Range): string {
  const host = formatAddress(range)
  return range.prefix === widthOf(range) ? host : `${host}/${range.prefix}`
}

const widthOf = (address: ParsedAddress): number => (address.family === 4 ? 32 : 128)

const isMapped = ({ family, words }: ParsedAddress): boolean =>
  family === 6 && words[0] === 0 && words[1] === 0 && words[2] === 0xffff

function rangeOf({ family, words }: ParsedAddress, prefix: number): Range {
  const masks = words.map((_, i) => maskOf(prefix - 32 * i))
  return { family, words: words.map((word, i) => word & (masks[i] as number)), prefix, masks }
}

const mappedRange = (address: ParsedAddress, prefix: number): Range | null =>
  prefix < 96 ? null : rangeOf({ family: 4, words: [address.words[3] ?? 0] }, prefix - 96)

/** The upper `bits` bits of a 32-bit word; a shift by 32 would be none at all. */
const maskOf = (bits: number): number => (bits <= 0 ? 0 : bits >= 32 ? -1 : ~(-1 >>> bits))

function readPrefix(text: string, width: number): number | RangeRefusal {
  if (readFour(text) !== null) return 'netmask'
  if (/^0\d+$/.test(text)) return 'leading_zero'
  if (!/^\d{1,3}$/.test(text)) return 'bad_prefix'
  const bits = Number(text)
  return bits > width ? 'bad_prefix' : bits
}

function readAddress(text: string): ParsedAddress | null {
  if (text.includes(':')) {
    const words = readSix(text)
    return words && { family: 6, words }
  }
  const word = readFour(text)
  return word === null ? null : { family: 4, words: [word] }
}

/** Four decimal numbers, none with a leading zero (which some systems read as octal). */
function readFour(text: string): number | null {
  let word = 0
  let part = -1
  let dots = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 46) {
      if (part < 0) return null
      word = (word << 8) | part
      part = -1
      dots++
    } else {
      if (code < 48 || code > 57 || part === 0) return null
      part = (part < 0 ? 0 : part * 10) + code - 48
      if (part > 255) return null
    }
  }
  return dots === 3 && part >= 0 ? (word << 8) | part : null
}

/** Eight groups of hexadecimal digits, one run of zeroes as `::`, the last two groups possibly dotted. */
function readSix(text: string): number[] | null {
  const gap = text.indexOf('::')
  if (gap !== -1 && text.indexOf('::', gap + 1) !== -1) return null
  const left = readGroups(gap === -1 ? text : text.slice(0, gap), gap === -1)
  const right = readGroups(gap === -1 ? '' : text.slice(gap + 2), true)
  if (!left || !right) return null
  const given = left.length + right.length
  if (gap === -1 ? given !== 8 : given > 7) return null
  const groups = [...left, ...new Array<number>(8 - given).fill(0), ...right]
  return [0, 2, 4, 6].map((i) => ((groups[i] as number) << 16) | (groups[i + 1] as number))
}

/** @param tail whether a dotted IPv4 address may end these groups */
function readGroups(text: string, tail: boolean): number[] | null {
  if (text === '') return []
  const parts = text.split(':')
  const groups: number[] = []
  for (const [i, part] of parts.entries()) {
    if (tail && i === parts.length - 1 && part.includes('.')) {
      const word = readFour(part)
      if (word === null) return null
      groups.push(word >>> 16, word & 0xffff)
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return null
      groups.push(Number.parseInt(part, 16))
    }
  }
  return groups
}

const dotted = (word: number): string => [24, 16, 8, 0].map((shift) => (word >>> shift) & 255).join('.')

/** RFC 5952 4: lower case, no leading zeroes, the first of the longest runs of two or more zero groups as `::`. */
function colons(words: readonly number[]): string {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff])
  const { start, length } = longestZeroes(groups)
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':')
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`
}

function longestZeroes(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let i = 0; i < groups.length; i++) {
    let end = i
    while (end < groups.length && groups[end] === 0) end++
    if (end - i > best.length) best = { start: i, length: end - i }
    if (end > i) i = end
  }
  return best
}

/** What is wrong with a text that is no address: the nearest thing a person may have meant. */
function explain(host: string): RangeRefusal {
  if (host.includes('%')) return 'zone_id'
  if (/^\[.*\](:\d*)?$/.test(host)) return 'port'
  if (/^[^:]*\.[^:]*:\d*$/.test(host)) return 'port'
  if (host.includes('-')) return 'dash_range'
  if (host.includes('*')) return 'wildcard'
  if (/^\d+$/.test(host) || /^0[xX]/.test(host) || /\.0[xX]/.test(host)) return 'number_form'
  if (/(^|[.:])0\d+(\.|$)/.test(host) && /^[\d.]+$/.test(host.slice(host.lastIndexOf(':') + 1))) return 'leading_zero'
  if (/^\d{1,3}(\.\d{1,3}){1,2}\.?$/.test(host)) return 'short_form'
  return 'not_an_address'
}

/** One entry as a screen sees it. */
export type WhitelistEntryView = {
  id: string
  /** Canonical text of the range. */
  range: string
  note: string
  addedAt: Date
  addedBy: string | null
  expiresAt: Date | null
}

export type WhitelistView = {
  id: string
  /** Stored, not inferred: an empty list that is on refuses everybody. */
  state: 'on' | 'off'
  /** Goes up with every change; a save names the version it was made from. */
  version: number
  entries: WhitelistEntryView[]
  changedAt: Date
  changedBy: string | null
}

/** A save is adds, notes and removes against a version, so that two editors lose nothing. */
export type WhitelistChange = {
  version: number
  add: { range: string; note: string }[]
  /** Ids of entries. */
  remove: string[]
  /** New notes of entries that stay. */
  notes: { id: string; note: string }[]
}

/** Why a whitelist change was refused, besides the refusals of every change and of the code. */
export type WhitelistRefusal =
  | 'stale'
  | 'bad_range'
  | 'too_many_entries'
  | 'nothing_to_change'
  | 'untrusted_proxy_in_front'
  | 'invalid_input'
