import { BlockList, isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import {
  formatAddress,
  matches,
  type ParsedAddress,
  parseAddress,
  parseRange,
  type Range,
  splitPasted,
} from '@/lib/whitelist/model'
import { must, type Target } from '../fuzz'
import type { Random } from '../random'

const words = [
  '::',
  '/24',
  '/0',
  '/8',
  '/32',
  '/64',
  '/128',
  '::ffff:',
  '10.0.0.1',
  '2001:db8',
  '255',
  '%eth0',
  '-',
  '*',
]

/** What stands before the slash, and the prefix behind it: by no means of ours. */
function typed(text: string): { host: string; family: number; bits: number } | null {
  const [host = '', bits, ...more] = text.trim().split('/')
  const family = isIP(host)
  // Zones are none of a whitelist's business, and node takes anything for one.
  if (family === 0 || more.length > 0 || host.includes('%')) return null
  if (bits !== undefined && !/^(0|[1-9]\d{0,2})$/.test(bits)) return null
  return { host, family, bits: bits === undefined ? (family === 4 ? 32 : 128) : Number(bits) }
}

const ownPolicy = new Set(['everything', 'too_wide', 'mapped_prefix'])

function checkRange(text: string): string {
  const result = parseRange(text)
  const known = typed(text)
  const valid = known && known.bits <= (known.family === 4 ? 32 : 128)
  if (!result.ok) {
    must(!valid || ownPolicy.has(result.error), `refused as ${result.error}, and node:net reads it`)
    return result.error
  }
  must(Boolean(valid), 'accepted, and node:net does not read it')
  const { range, canonical } = result
  must(isIP(canonical.split('/')[0] ?? '') === range.family, 'canonical text of the wrong family')
  const again = parseRange(canonical)
  must(again.ok && again.canonical === canonical && !again.normalisedFrom, 'the canonical text is not its own')
  const { host, family, bits } = known as { host: string; family: number; bits: number }
  const mapped = family === 6 && range.family === 4
  must((mapped ? bits - 96 : bits) === range.prefix, 'another prefix than typed')
  must(sameAs(host, bits, range, mapped), 'other addresses than node:net and ipaddr.js let in')
  return `ok ${range.family} ${range.prefix} ${mapped}`
}

/** Compares the range with BlockList and ipaddr.js at its edges and around them. */
function sameAs(host: string, bits: number, range: Range, mapped: boolean): boolean {
  const list = new BlockList()
  // ipaddr.js takes the deprecated ::a.b.c.d for IPv4; RFC 4291 2.5.5 keeps it IPv6.
  const theirs = ipaddr.process(/^::\d+\./.test(host) ? formatAddress(parseAddress(host) as ParsedAddress) : host)
  const prefix = mapped ? bits - 96 : bits
  list.addSubnet(theirs.toString(), prefix, range.family === 4 ? 'ipv4' : 'ipv6')
  return edges(range).every((address) => {
    const text = formatAddress(address)
    const ours = matches([range], address)
    // A BlockList also looks an IPv4 address up as ::ffff:a.b.c.d; our families never match each other.
    if (address.family !== range.family) return !ours
    const inList = list.check(text, address.family === 4 ? 'ipv4' : 'ipv6')
    const parsed = ipaddr.parse(text)
    const inTheirs =
      parsed.kind() === theirs.kind() &&
      (parsed as ipaddr.IPv6).match([theirs as ipaddr.IPv6, prefix] as [ipaddr.IPv6, number])
    return ours === inList && ours === inTheirs
  })
}

/** First, last, before the first, behind the last, and the same bits in the other family. */
function edges({ family, words: first, masks }: Range): ParsedAddress[] {
  const last = first.map((word, i) => word | ~(masks[i] as number))
  const other =
    family === 4
      ? { family: 6 as const, words: [0, 0, 1, first[0] as number] }
      : { family: 4 as const, words: [first[3] as number] }
  return [
    { family, words: first },
    { family, words: last },
    step({ family, words: first }, -1n),
    step({ family, words: last }, 1n),
    other,
  ]
}

function step({ family, words: parts }: ParsedAddress, by: bigint): ParsedAddress {
  const width = BigInt(parts.length * 32)
  const whole = parts.reduce((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n)
  const moved = BigInt.asUintN(Number(width), whole + by)
  return { family, words: parts.map((_, i) => Number(BigInt.asIntN(32, moved >> (width - 32n * BigInt(i + 1))))) }
}

function makeEntry(random: Random): string {
  const four = (): string => Array.from({ length: 4 }, () => random.int(random.chance(9) ? 300 : 256)).join('.')
  const group = (): string => random.int(random.chance(2) ? 0x10000 : 3).toString(16)
  const six = (): string => {
    const groups = Array.from({ length: random.chance(4) ? random.int(10) : 8 }, group)
    const cut = random.int(groups.length + 1)
    const text = random.chance(2)
      ? `${groups.slice(0, cut).join(':')}::${groups.slice(cut + random.int(4)).join(':')}`
      : groups.join(':')
    return random.chance(5) ? `${text}:${four()}` : text
  }
  const host = random.pick([
    four,
    six,
    () => `::ffff:${four()}`,
    () => `::${random.chance(2) ? 'FFFF' : 'ffff:0'}:${four()}`,
  ])()
  return random.chance(2) ? host : `${host}/${random.int(random.chance(2) ? 33 : 140)}`
}

export const whitelistEntry: Target = {
  name: 'whitelist-entry',
  examples: [
    '203.0.113.7',
    '203.0.113.0/24',
    '2001:db8::/32',
    '::ffff:1.2.3.4',
    '::ffff:1.2.3.0/120',
    '1::',
    '10.1',
    '012.0.0.1',
    ' 10.0.0.0/8 ',
  ],
  words,
  make: makeEntry,
  check: checkRange,
}

/** A pasted list: nothing typed is lost, nothing is let in that no piece says. */
export const whitelistPaste: Target = {
  name: 'whitelist-paste',
  // Thousands of addresses in 16 KB, each in its microseconds: the time is linear in the text.
  slowest: 50,
  examples: [
    '203.0.113.7 office\n203.0.113.8, 10.0.0.0/8;2001:db8::1',
    '# remark\r\n10.0.0.1\t10.0.0.2',
    '10.0.0.1 # a, b',
    '1.1.1.1 - web (old)',
  ],
  words: [...words, '\n', '\r', ', ', '# ', ' note '],
  check(text) {
    const pieces = splitPasted(text)
    const lines = text.split(/\r\n|\n|\r/)
    for (const { text: piece, line, result, note } of pieces) {
      must((lines[line - 1] ?? '').includes(piece) && !/[\s,;]/.test(piece), 'a piece that stands on another line')
      must(note.length <= 80 && !note.includes('\n'), 'a note that is no note')
      must(result.ok === parseRange(piece).ok, 'a piece read in another way than alone')
    }
    const let_in = new Set(pieces.filter((p) => p.result.ok).map((p) => `${p.line} ${p.text}`))
    const all = lines.flatMap((row, i) =>
      /^[\s,;]*#/.test(row) ? [] : row.split(/[\s,;]+/).map((piece) => ({ piece, line: i + 1 })),
    )
    const first = new Map<number, boolean>()
    for (const { piece, line } of all) {
      if (piece === '' || !parseRange(piece).ok) continue
      must(let_in.has(`${line} ${piece}`), `an address is lost: ${piece}`)
      first.set(line, true)
    }
    return `${Math.min(pieces.length, 9)} ${let_in.size > 0} ${pieces.some((p) => p.note !== '')}`
  },
}

/** One caller's address: exactly what node:net calls one, without a zone. */
export const address: Target = {
  name: 'address',
  examples: ['127.0.0.1', '::1', '::ffff:127.0.0.1', 'fe80::1%1', '1.2.3', '[::1]:80'],
  words,
  make: makeEntry,
  check(text) {
    const parsed = parseAddress(text)
    must((parsed !== null) === (isIP(text) !== 0 && !text.includes('%')), 'node:net disagrees')
    if (!parsed) return 'none'
    const canonical = formatAddress(parsed)
    if (/^::\d+\./.test(text)) return 'compatible'
    must(
      ipaddr.process(text).toString() === canonical ||
        ipaddr.parse(canonical).toString() === ipaddr.process(text).toString(),
      'ipaddr.js reads another address',
    )
    must(formatAddress(parseAddress(canonical) as ParsedAddress) === canonical, 'the canonical text is not its own')
    return `${parsed.family} ${canonical.includes('::')}`
  },
}
