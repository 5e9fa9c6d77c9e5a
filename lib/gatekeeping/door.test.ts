import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAddress } from '@/lib/whitelist/model'
import { twoAgeCache } from './cache'
import { readJsonApi, readOauth } from './exchange'
import { failureLimits } from './limits'
import { mintRequestId } from './request-id'
import { readJson } from './strict-json'

const bytes = (text: string): Buffer => Buffer.from(text)

describe('strict JSON', () => {
  it('reads what JSON.parse reads, unless a name repeats or reaches into a prototype', () => {
    // CHECKS 113
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        const result = readJson(bytes(text))
        if (result.ok) expect(result.value).toEqual(JSON.parse(text))
        else expect(text).toMatch(/__proto__|constructor|prototype|"(.*)"/s)
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['{"a":1,"a":2}', 'duplicate_name'],
    ['{"a":1,"\\u0061":2}', 'duplicate_name'],
    ['{"x":{"b":[{"c":1 , "c"\n:2}]}}', 'duplicate_name'],
    ['{"__proto__":1}', 'forbidden_name'],
    ['{"\\u005f_proto__":1}', 'forbidden_name'],
    ['{"a":{"constructor":1}}', 'forbidden_name'],
    ['['.repeat(33), 'too_deep'],
    ['{', 'not_json'],
    ['"', 'not_json'],
    ['{"a\\', 'not_json'],
    ['', 'not_json'],
  ])('%s is %s', (text, fault) => {
    expect(readJson(bytes(text))).toEqual({ ok: false, fault })
  })

  it('takes names and values that only look alike', () => {
    for (const text of ['{"a":"a","b":"a"}', '[{"a":1},{"a":1}]', '{"a":{"a":1}}', '["a:","a"]', '{"a":"\\"b\\":"}']) {
      expect(readJson(bytes(text))).toEqual({ ok: true, value: JSON.parse(text) })
    }
  })

  it('takes linear time', () => {
    // CHECKS 118
    for (const part of ['"', '\\', '{"a":', '[', '"a",', ' ', '"\\']) {
      const text = part.repeat(Math.floor(16_000 / part.length))
      const started = performance.now()
      readJson(bytes(text))
      readJson(bytes(`"${text}`))
      expect(performance.now() - started).toBeLessThan(50)
    }
  })
})

describe('token requests', () => {
  it('never throw, whatever is sent', () => {
    // CHECKS 114
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), fc.base64String()), fc.string(), (text, header) => {
        readJsonApi('application/json', bytes(text))
        readOauth('application/x-www-form-urlencoded', header, bytes(text))
        readOauth('application/x-www-form-urlencoded', `Basic ${Buffer.from(text).toString('base64')}`, bytes(text))
      }),
      { numRuns: 2000 },
    )
  })

  it('carry ids that were form-encoded before they were joined', () => {
    const header = `Basic ${Buffer.from('a%3Ab+c:d%25').toString('base64')}`
    expect(readOauth('application/x-www-form-urlencoded', header, bytes('grant_type=client_credentials'))).toEqual({
      ok: true,
      clientId: 'a:b c',
      clientSecret: 'd%',
    })
  })
})

describe('limits of failures', () => {
  const a = parseAddress('203.0.113.7')
  const neighbour = parseAddress('203.0.113.200')
  const far = parseAddress('198.51.100.4')

  it('count per client id and network, per address, and end after a minute', () => {
    // CHECKS 88
    let now = 0
    const limits = failureLimits(() => now)
    for (let i = 0; i < 10; i++) limits.failed('id', a)
    expect(limits.wait('id', a)).toBe(60)
    expect(limits.wait('id', neighbour)).toBe(60)
    expect(limits.wait('id', far)).toBe(0)
    expect(limits.wait('other', a)).toBe(0)
    for (let i = 0; i < 50; i++) limits.failed(`id${i}`, a)
    expect(limits.wait('new', a)).toBe(60)
    expect(limits.wait('new', neighbour)).toBe(0)
    now = 59_500
    expect(limits.wait('id', a)).toBe(1)
    now = 60_000
    expect(limits.wait('id', a)).toBe(0)
  })

  it('take an IPv6 /64 for one network', () => {
    const limits = failureLimits(() => 0)
    for (let i = 0; i < 10; i++) limits.failed('id', parseAddress(`2001:db8::${i}`))
    expect(limits.wait('id', parseAddress('2001:db8::ffff'))).toBe(60)
    expect(limits.wait('id', parseAddress('2001:db8:0:1::1'))).toBe(0)
  })

  it('stay small under a flood of ids', () => {
    const limits = failureLimits(() => 0)
    for (let i = 0; i < 200_000; i++) limits.failed(`id${i}`, null)
    expect(limits.wait('id199999', null)).toBe(60)
  })
})

describe('small parts', () => {
  it('request ids are UUIDv7 without dashes, unique, and sort by time', () => {
    const at = new Date('2026-11-21T12:00:00Z')
    const ids = Array.from({ length: 5000 }, () => mintRequestId(at))
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
    expect(new Set(ids).size).toBe(5000)
    expect(mintRequestId(new Date(at.getTime() + 1)).slice(0, 12) > ids[0]!.slice(0, 12)).toBe(true)
  })

  it('a two-age cache stays within its bound and keeps what is asked for', () => {
    const gone: string[] = []
    const cache = twoAgeCache<number>(100, (_, key) => gone.push(key))
    cache.set('kept', 1)
    for (let i = 0; i < 1000; i++) {
      cache.set(`k${i}`, i)
      expect(cache.get('kept')).toBe(1)
    }
    expect(cache.size()).toBeLessThanOrEqual(101)
    expect(cache.get('k1')).toBeUndefined()
    expect(gone).toContain('k1')
    expect(gone).not.toContain('kept')
  })
})
