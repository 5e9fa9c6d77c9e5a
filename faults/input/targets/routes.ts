import { posix } from 'node:path'
import { type Target as RequestTarget, readTarget } from '@/lib/gatekeeping/path'
import { type RouteTable, readRoutes } from '@/lib/gatekeeping/routes'
import { must, type Target } from '../fuzz'
import type { Random } from '../random'

const rows = [
  { method: 'GET', path: '/wallets', permission: 'wallets:read' },
  { method: 'GET', path: '/wallets/:id', permission: 'wallets:read' },
  { method: 'GET', path: '/wallets/main', permission: '-' },
  { method: 'POST', path: '/payouts', permission: 'payouts:write', moneyOut: true },
  { method: '*', path: '/payouts/:id', permission: 'payouts:read' },
  { method: 'POST', path: '/payouts/*', permission: 'payouts:write', moneyOut: true },
  { method: 'GET', path: '/raw/:name', permission: '-', raw: true },
  { method: '*', path: '/api/*', permission: '-' },
  { method: 'GET', path: '/', permission: '-' },
  { method: 'GET', path: '/wallets/Export', permission: 'wallets:write' },
]
const tables = (['refuse', 'pass'] as const).map((unknown) => {
  const read = readRoutes(JSON.stringify({ unknown, routes: rows }))
  if (!read.ok) throw new Error(read.errors.join())
  return { unknown, table: read.table }
})

type Row = (typeof rows)[number]

/** The table read by a router made of regular expressions; `i` as an upstream that ignores case. */
function naive(method: string, path: string, flags: '' | 'iu'): Row | undefined {
  const score = (r: Row): number => {
    const parts = r.path.split('/').filter(Boolean)
    const literals = parts.filter((p) => !p.startsWith(':') && p !== '*').length
    return literals * 4 + (parts.at(-1) === '*' ? 0 : 2) + (r.method === '*' ? 0 : 1)
  }
  const fits = (r: Row): boolean => {
    const pattern = r.path.replace(/:\w+/g, '[^/]+').replace(/\*$/, '[^/].*')
    const wanted = method === 'HEAD' ? 'GET' : method
    return (r.method === '*' || r.method === wanted) && new RegExp(`^${pattern}/?$`, `${flags}s`).test(path)
  }
  return rows.filter(fits).sort((a, b) => score(b) - score(a))[0]
}

const pathOf = (table: RouteTable, method: string, target: RequestTarget): string => {
  const met = table.match(method, target)
  return met === null || met === 'pass' ? String(met) : `${met.method} ${met.path}`
}

const forbidden = /[\0-\x20\x7f-\uffff\\;#]|%(?![0-9a-f]{2})|%(?:[01][0-9a-f]|2[ef5]|3b|5c|7f)|\/\/|\/\.{1,2}(?:\/|$)/i

/** A method, a blank, the target. */
export const requestTarget: Target = {
  name: 'request-target',
  examples: [
    'GET /wallets',
    'GET /wallets/',
    'POST /payouts/7?x=/../y',
    'GET /raw/a%2fb',
    'HEAD /api/x/y',
    'GET /',
    'GET //wallets',
    'GET /a/../payouts',
    'POST /PAYOUTS',
    'GET /wallets/%C3%A9',
    'GET /wallets/export',
    'GET /wallets/EXPORT',
    'POST /payout%C5%BF',
    'GET http://x/wallets',
    'OPTIONS *',
  ],
  words: [
    '/wallets',
    '/payouts',
    '/raw/',
    '/api/',
    'main',
    'GET ',
    'POST ',
    '%2f',
    '%2e',
    '%252f',
    '%c3%a9',
    '%e2%84%aa',
    '/..',
    '/.',
    '?',
    '..;/',
    '%c0%ae',
    '\\',
    '%E2%80%AE',
    '%20',
  ],
  make(random: Random) {
    const part = (): string =>
      random.pick([
        'wallets',
        'payouts',
        'api',
        'raw',
        'main',
        '7',
        'a%20b',
        'WALLETS',
        '%70ayouts',
        'pay%6futs',
        'x',
        '%2e',
        '..',
        '',
        'payout%C5%BF',
        '~',
        'a:b',
        '@',
      ])
    const path = Array.from({ length: random.int(5) }, part).join('/')
    return `${random.pick(['GET', 'POST', 'HEAD', 'DELETE'])} /${path}${random.pick(['', '/', '?', '?a=/../b', '#x'])}`
  },
  check(input) {
    const [method = '', ...rest] = input.split(' ')
    const url = rest.join(' ')
    const target = readTarget(url)
    must((target === null) === !url.startsWith('/'), 'origin form misjudged')
    if (!target) return 'no target'
    must(target.path + target.query === url, 'what was matched is not what is sent')
    const ambiguous = forbidden.test(target.path) || !decodes(target.path)
    must((target.segments === null) === ambiguous, ambiguous ? 'an ambiguous path passes' : 'a plain path is refused')
    for (const { unknown, table } of tables) {
      const met = pathOf(table, method, target)
      if (!target.segments) {
        must(met === 'null' || table.match(method, target) !== 'pass', 'an ambiguous path passes as unknown')
        must(met === 'null' || met === 'GET /raw/:name', `an ambiguous path met ${met}`)
      } else agree(method, target, met, unknown)
    }
    return `${target.segments?.length} ${pathOf(tables[1]!.table, method, target)} ${ambiguous && url.length % 3}`
  },
}

/** What upstreams of several makes would route is the row that decided, or the call is refused. */
function agree(method: string, target: RequestTarget, met: string, unknown: string): void {
  const { path } = target
  const seen = [
    decodeURIComponent(path),
    posix.normalize(decodeURIComponent(path)),
    decodeURIComponent(decodeURIComponent(path)),
    decodeURIComponent(new URL(path, 'http://upstream').pathname),
  ]
  for (const [i, view] of seen.entries()) {
    must(view === seen[0], `upstream ${i} sees ${view}`)
    const exact = naive(method, view, '')
    const loose = naive(method, view, 'iu')
    if (met === 'null') continue
    const decided = exact ? `${exact.method} ${exact.path}` : unknown === 'pass' ? 'pass' : 'null'
    must(met === decided, `upstream ${i} routes ${decided}, the gate ${met}`)
    must(loose === exact, `an upstream that ignores case routes ${loose?.path}, the gate ${met}`)
  }
  if (met !== 'null') return
  const exact = naive(method, seen[0]!, '')
  must(
    !exact || naive(method, seen[0]!, 'iu') !== exact || folds(seen[0]!),
    'a plain path is refused that one row names',
  )
}

/** Whether case decides: such a path may be refused for a row that another spelling would meet. */
const folds = (path: string): boolean => path.normalize('NFKC').toUpperCase().toLowerCase() !== path

function decodes(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

const place = /^(not JSON|file|unknown|routes(\.\d+(\.\w+)*)?): /

/** Never throws; every fault has its place; the order of rows decides nothing. */
export const routesFile: Target = {
  name: 'routes-file',
  examples: [
    JSON.stringify({ unknown: 'refuse', routes: rows }),
    '{"unknown":"pass","routes":[]}',
    '{"unknown":"pass","routes":[{"method":"GET","path":"/:a/b","permission":"-"},{"method":"GET","path":"/a/:b","permission":"-"}]}',
    '{"unknown":"x","__proto__":{"routes":[]}}',
    '[]',
    'null',
  ],
  words: [
    '"method":',
    '"path":',
    '"permission":',
    '"-"',
    '"*"',
    '":id"',
    '/*',
    '"raw":true',
    '"maxBody":-1',
    '"maxBody":1e99',
    '{}',
    '[]',
    ',',
    '"GET"',
    '"__proto__":{}',
  ],
  make(random) {
    const part = (): string => random.pick(['a', 'b', ':x', ':y', 'A', '*'])
    const row = () => ({
      method: random.pick(['GET', 'POST', '*']),
      path: `/${Array.from({ length: random.int(4) }, part).join('/')}`,
      permission: random.pick(['-', 'wallets:read']),
    })
    return JSON.stringify({
      unknown: random.pick(['refuse', 'pass']),
      routes: Array.from({ length: random.int(5) }, row),
    })
  },
  slowest: 50,
  check(text) {
    const result = readRoutes(text)
    must(!('polluted' in {}) && Object.keys(Object.prototype).length === 0, 'Object.prototype is changed')
    if (!result.ok) {
      must(
        result.errors.length > 0 && result.errors.every((e) => place.test(e)),
        `a fault without its place: ${result.errors[0]}`,
      )
      return `${result.errors.length > 1} ${result.errors[0]?.replace(/[\d"].*/, '').slice(0, 30)}`
    }
    const given = JSON.parse(text) as { unknown: string; routes: Row[] }
    const turned = readRoutes(JSON.stringify({ ...given, routes: [...given.routes].reverse() }))
    must(turned.ok, 'the same rows in another order are refused')
    for (const { path } of result.table.routes.slice(0, 20)) {
      const called = readTarget(path.replace(/\*$/, 'r').replaceAll(':', ''))
      if (!called) continue
      for (const method of ['GET', 'POST']) {
        must(pathOf(result.table, method, called) === pathOf(turned.table, method, called), 'the order of rows decides')
      }
    }
    return `ok ${result.table.routes.length}`
  },
}
