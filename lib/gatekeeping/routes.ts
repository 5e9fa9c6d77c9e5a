import { z } from 'zod'
import { everyPermission } from '@/lib/credentials/model'
import { NO_PERMISSION } from './model'
import type { Target } from './path'

/**
 * The operator's table: which call needs which permission. Segments are literals or `:name`, and a last `*` stands
 * for any rest. The row with the most literals wins; two rows of equal rank that can meet are an error at load.
 */
export type Route = {
  method: string
  path: string
  /** Name of a permission, or null: any authenticated caller. */
  permission: string | null
  moneyOut: boolean
  /** Bytes a request body may have. */
  maxBody: number
  /** Whether ambiguous paths are let through as they are. */
  raw: boolean
}

/** What a request met: a row, or no row (`pass` where the operator lets unknown routes through). */
export type Matched = Route | 'pass' | null

export type RouteTable = { match(method: string, target: Target): Matched; routes: readonly Route[] }

export const DEFAULT_MAX_BODY = 1024 * 1024

const permissionNames: ReadonlySet<string> = new Set([...everyPermission, NO_PERMISSION])
const METHOD = /^(\*|[A-Z][A-Z-]{1,19})$/
const PATH = /^\/([^/?#\s]+(\/[^/?#\s]+)*)?$/

const row = z.strictObject({
  method: z.string().regex(METHOD, 'a method in capitals, or *'),
  path: z.string().max(500).regex(PATH, 'a path without query, without trailing slash'),
  permission: z.string().refine((name) => permissionNames.has(name), 'a permission of the catalogue, or -'),
  moneyOut: z.boolean().default(false),
  maxBody: z
    .int()
    .min(0)
    .max(1024 * 1024 * 1024)
    .default(DEFAULT_MAX_BODY),
  raw: z.boolean().default(false),
})
const file = z.strictObject({ unknown: z.enum(['refuse', 'pass']), routes: z.array(row).max(2000) })

export type RoutesResult = { ok: true; table: RouteTable } | { ok: false; errors: string[] }

/** Reads a routes file. Every fault is named with its row; nothing of a faulty file is used. */
export function readRoutes(text: string): RoutesResult {
  const json = parseJson(text)
  if (!json.ok) return { ok: false, errors: [`not JSON: ${json.error}`] }
  const parsed = file.safeParse(json.value)
  if (!parsed.success) {
    return { ok: false, errors: parsed.error.issues.map((i) => `${i.path.join('.') || 'file'}: ${i.message}`) }
  }
  const rows = parsed.data.routes.map(compile)
  const errors = [...rows.flatMap(faultsOf), ...clashes(rows)]
  return errors.length > 0 ? { ok: false, errors } : { ok: true, table: tableOf(rows, parsed.data.unknown) }
}

/** Rows that will surprise: payout-like without `moneyOut`. Shadowed ones are errors of the file already. */
export function reviewRoutes(table: RouteTable): string[] {
  const payouts = table.routes.filter((route) => !route.moneyOut && looksLikePayout(route))
  return payouts.map((route) => `${route.method} ${route.path} looks like a payout and does not say moneyOut`)
}

const looksLikePayout = ({ method, path }: Route): boolean =>
  !['GET', 'HEAD', 'OPTIONS'].includes(method) && /payout|withdraw|transfer|send/i.test(path)

type Compiled = Route & {
  segments: readonly string[]
  folded: readonly string[]
  literals: number
  rest: boolean
  index: number
}

function compile(input: z.infer<typeof row>, index: number): Compiled {
  const all = input.path === '/' ? [] : input.path.slice(1).split('/')
  const rest = all.at(-1) === '*'
  const segments = rest ? all.slice(0, -1) : all
  const literals = segments.filter((segment) => !isName(segment)).length
  const permission = input.permission === NO_PERMISSION ? null : input.permission
  return { ...input, permission, segments, folded: segments.map(fold), literals, rest, index }
}

/**
 * As an upstream that ignores case may read it: by the rules of Unicode, where `ſ` is an `s` and `K` (Kelvin) a `k`.
 * Plain lower case, which nearly all segments are, is only looked at.
 */
const fold = (segment: string): string =>
  /^[!-@[-~]*$/.test(segment)
    ? segment
    : segment.normalize('NFKC').toUpperCase().toLowerCase().replaceAll(DOT_ABOVE, '')

/** What is left of the Turkish `İ` beside its `i`; other readers drop it. */
const DOT_ABOVE = '\u0307'

/**
 * A segment so many times as long as the longest literal is not folded: normalising thousands of combining marks takes
 * time in the square of their number, and no upstream reads such a segment as one of our words.
 */
const LONGEST_FACTOR = 8

const isName = (segment: string): boolean => segment.startsWith(':')

function faultsOf(r: Compiled): string[] {
  const bad = r.segments.filter((s) => (isName(s) ? !/^:[A-Za-z][A-Za-z0-9_]*$/.test(s) : s.includes('*')))
  return bad.map((segment) => `routes.${r.index}.path: ${segment} is neither a literal nor a :name`)
}

/** Most literals first; then a fixed length before a rest; then a named method before any. */
const rank = (a: Compiled, b: Compiled): number =>
  b.literals - a.literals || Number(a.rest) - Number(b.rest) || Number(a.method === '*') - Number(b.method === '*')

function clashes(rows: readonly Compiled[]): string[] {
  return rows.flatMap((a, i) =>
    rows
      .slice(i + 1)
      .filter((b) => rank(a, b) === 0 && (a.method === '*' || a.method === b.method) && canMeet(a, b))
      .map((b) => `routes.${b.index}: ${b.method} ${b.path} and routes.${a.index} ${a.path} match the same calls`),
  )
}

/** Case counts for nothing here: of two rows that differ by it alone, the order would decide. */
function canMeet(a: Compiled, b: Compiled): boolean {
  const shared = Math.min(a.segments.length, b.segments.length)
  if (a.segments.length > shared ? !b.rest : b.segments.length > shared && !a.rest) return false
  return a.folded.slice(0, shared).every((s, i) => isName(s) || isName(b.folded[i]!) || s === b.folded[i])
}

/** By number of segments, so that a call meets few rows. */
function tableOf(compiled: readonly Compiled[], unknown: 'refuse' | 'pass'): RouteTable {
  const sorted = [...compiled].sort(rank)
  const hasCapitals = sorted.some((r) => r.segments.some((segment, i) => !isName(segment) && segment !== r.folded[i]))
  const longest = Math.max(0, ...sorted.map((r) => r.segments.length)) + 1
  const byLength = Array.from({ length: longest + 1 }, (_, n) =>
    sorted.filter((r) => (r.rest ? r.segments.length < n : r.segments.length === n)),
  )
  const rows = (segments: readonly string[]): readonly Compiled[] => byLength[Math.min(segments.length, longest)] ?? []
  const literals = sorted.flatMap((r) => r.segments.filter((segment) => !isName(segment)))
  const longestFolded = LONGEST_FACTOR * Math.max(1, ...literals.map((literal) => literal.length))
  const folded = (segment: string): string => (segment.length > longestFolded ? segment : fold(segment))
  const find = (method: string, segments: readonly string[]): Compiled | undefined =>
    rows(segments).find((r) => fits(r, r.segments, method, segments))
  const findFolded = (method: string, segments: readonly string[]): Compiled | undefined =>
    rows(segments).find((r) => fits(r, r.folded, method, segments))

  return {
    routes: compiled,
    match(given, target) {
      const method = given === 'HEAD' ? 'GET' : given
      const { segments } = target
      if (!segments) {
        const raw = find(method, target.rawSegments)
        return raw?.raw ? raw : null
      }
      const found = find(method, segments)
      // An upstream that ignores case would route `/PAYOUTS` to the row that this spelling has just avoided.
      const asFolded = segments.map(folded)
      const foldable = hasCapitals || asFolded.some((s, i) => s !== segments[i])
      if (foldable && findFolded(method, asFolded) !== found) return null
      return found ?? (unknown === 'pass' ? 'pass' : null)
    },
  }
}

function fits(r: Compiled, pattern: readonly string[], method: string, segments: readonly string[]): boolean {
  if (r.method !== '*' && r.method !== method) return false
  for (let i = 0; i < pattern.length; i++) {
    const expected = pattern[i]!
    if (!isName(expected) && expected !== segments[i]) return false
  }
  return true
}

function parseJson(text: string): { ok: true; value: unknown } | { ok: false; error: string } {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : 'unreadable' }
  }
}
