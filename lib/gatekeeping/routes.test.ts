import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTarget } from './path'
import { type RouteTable, readRoutes, reviewRoutes } from './routes'

const table = (routes: unknown[], unknown = 'refuse'): RouteTable => {
  const result = readRoutes(JSON.stringify({ unknown, routes }))
  if (!result.ok) throw new Error(result.errors.join('\n'))
  return result.table
}
const errors = (routes: unknown[]): string[] => {
  const result = readRoutes(JSON.stringify({ unknown: 'refuse', routes }))
  return result.ok ? [] : result.errors
}
const row = (method: string, path: string, more = {}) => ({ method, path, permission: '-', ...more })
const matched = (t: RouteTable, method: string, path: string): string | null => {
  const target = readTarget(path)
  const found = target && t.match(method, target)
  return found === null || found === 'pass' ? found : found.path
}

describe('the routes file', () => {
  it('finds the row with the most literals', () => {
    const t = table([
      row('GET', '/deposits'),
      row('GET', '/deposits/:id'),
      row('GET', '/deposits/open'),
      row('POST', '/deposits/:id'),
      row('*', '/deposits/:id/*'),
      row('*', '/api/*'),
      row('GET', '/'),
    ])
    expect(matched(t, 'GET', '/deposits')).toBe('/deposits')
    expect(matched(t, 'HEAD', '/deposits/')).toBe('/deposits')
    expect(matched(t, 'GET', '/deposits/7?x=/../')).toBe('/deposits/:id')
    expect(matched(t, 'GET', '/deposits/open')).toBe('/deposits/open')
    expect(matched(t, 'GET', '/deposits/%6fpen')).toBe('/deposits/open')
    expect(matched(t, 'POST', '/deposits/open')).toBe('/deposits/:id')
    expect(matched(t, 'PUT', '/deposits/7/a/b')).toBe('/deposits/:id/*')
    expect(matched(t, 'PUT', '/deposits/7')).toBeNull()
    expect(matched(t, 'DELETE', '/api/a/b/c/d/e/f')).toBe('/api/*')
    expect(matched(t, 'GET', '/api')).toBeNull()
    expect(matched(t, 'GET', '/')).toBe('/')
  })

  it('refuses a spelling that differs only in case, also where unknown routes pass', () => {
    const t = table(
      [row('POST', '/payouts', { moneyOut: true }), row('POST', '/:anything'), row('GET', '/Odd')],
      'pass',
    )
    expect(matched(t, 'POST', '/payouts')).toBe('/payouts')
    expect(matched(t, 'POST', '/Payouts')).toBeNull()
    expect(matched(t, 'POST', '/PAYOUT%53')).toBeNull()
    expect(matched(t, 'POST', '/Other')).toBe('/:anything')
    expect(matched(t, 'GET', '/Odd')).toBe('/Odd')
    expect(matched(t, 'GET', '/a/b')).toBe('pass')
  })

  it('refuses what an upstream that ignores case by the rules of Unicode would route elsewhere', () => {
    // CHECKS 78
    const t = table(
      [row('POST', '/payouts', { moneyOut: true }), row('GET', '/wallets/Export'), row('*', '/*')],
      'pass',
    )
    expect(matched(t, 'POST', '/payout%C5%BF')).toBeNull()
    expect(matched(t, 'POST', '/%EF%BD%90ayouts')).toBeNull()
    expect(matched(t, 'GET', '/wallets/export')).toBeNull()
    expect(matched(t, 'GET', '/wallets/Export')).toBe('/wallets/Export')
    expect(matched(t, 'GET', '/caf%C3%A9')).toBe('/*')
    expect(errors([row('GET', '/a'), row('GET', '/A')])).toHaveLength(1)
  })

  it('names what is wrong, and two rows of equal rank that can meet', () => {
    expect(errors([row('GET', '/a/:x'), row('GET', '/:y/b')])).toHaveLength(1)
    expect(errors([row('GET', '/a/:x'), row('GET', '/a/:y')])).toHaveLength(1)
    expect(errors([row('GET', '/a/:x/*'), row('GET', '/a/*')])).toHaveLength(1)
    expect(errors([row('GET', '/a/:x'), row('POST', '/a/:y')])).toEqual([])
    expect(errors([row('GET', '/a/b'), row('*', '/a/b')])).toEqual([])
    for (const bad of [
      row('get', '/a'),
      row('GET', 'a'),
      row('GET', '/a/'),
      row('GET', '/a//b'),
      row('GET', '/a?b'),
      row('GET', '/a/:'),
      row('GET', '/*/a'),
      row('GET', '/a*'),
      row('GET', '/a', { permission: 'everything' }),
      row('GET', '/a', { moneyout: true }),
      row('GET', '/a', { maxBody: -1 }),
    ]) {
      expect([bad.path, errors([bad]).length > 0]).toEqual([bad.path, true])
    }
    expect(readRoutes('{').ok).toBe(false)
  })

  it('finds payout-like rows without moneyOut', () => {
    expect(
      reviewRoutes(
        table([row('POST', '/payouts'), row('GET', '/payouts'), row('POST', '/withdrawals', { moneyOut: true })]),
      ),
    ).toHaveLength(1)
  })

  it('of the demo loads, and nothing in it surprises', () => {
    const result = readRoutes(readFileSync('demo/routes.json', 'utf8'))
    expect(result.ok && reviewRoutes(result.table)).toEqual([])
  })
})

describe('a target', () => {
  it('is read the same way by us and by whoever decodes it, or refused', () => {
    // CHECKS 78
    const piece = fc.constantFrom(
      'a',
      'B',
      '.',
      '..',
      '/',
      '%2f',
      '%2E',
      '%25',
      '%5C',
      ';',
      '%3b',
      '\\',
      '%41',
      '%C3%A9',
      '%ff',
      '%0a',
      '?',
      '#',
      'é',
      '\u0000',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const url = `/${pieces.join('')}`
        const target = readTarget(url)!
        expect(target.path + target.query).toBe(url)
        if (!target.segments) return
        const seen = new URL(url, 'http://upstream')
        const trimmed = target.path.length > 1 ? target.path.replace(/\/$/, '') : ''
        expect(decodeURIComponent(seen.pathname).replace(/(?<=.)\/$/, '')).toBe(decodeURIComponent(trimmed || '/'))
        expect(`/${target.segments.join('/')}`).toBe(decodeURIComponent(trimmed || '/'))
        for (const segment of target.segments) expect(segment).not.toMatch(/^\.{0,2}$|[/\\;%]|\p{Cc}/u)
      }),
      { numRuns: 5000 },
    )
  })

  it('of another form is none', () => {
    for (const url of ['', '*', 'http://a/b', 'a']) expect(readTarget(url)).toBeNull()
  })

  it('is folded once and not without end, however many rows there are', () => {
    // CHECKS 118
    const rows = Array.from({ length: 500 }, (_, n) => row('GET', `/row${n}`))
    const t = table([...rows, row('GET', '/:anything')])
    // Alternating marks: normalising them takes time in the square of their number.
    const marks = '%CC%95%CC%9B'.repeat(1200)
    const started = performance.now()
    matched(t, 'GET', `/a${marks}`)
    expect(performance.now() - started).toBeLessThan(100)
    expect(matched(table([row('POST', '/withdrawals'), row('POST', '/:kind')]), 'POST', '/w%C4%B0thdrawals')).toBeNull()
  })

  it('takes linear time', () => {
    // CHECKS 118
    for (const part of ['/', '/a', '%41', '.', '/..', '%', ';']) {
      const url = `/${part.repeat(8000)}`
      const started = performance.now()
      readTarget(url)
      expect(performance.now() - started).toBeLessThan(20)
    }
  })
})
