import { inspect } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mintPublicId, mintSecret, readPublicId, readSecret, withoutSecrets } from './format'
import { open, seal } from './seal'
import { Secret } from './secret'
import { currentCode, matchingStep, mintSeed, stepOf } from './totp'

const tagKey = Buffer.alloc(32, 1)

// CHECKS 58
test('ids and secrets: shape, environment, tag and checksum; one changed character is found', () => {
  const ids = new Set<string>()
  for (let i = 0; i < 20_000; i++) {
    const id = mintPublicId('live', tagKey)
    expect(id).toMatch(/^gtk_live_[A-Za-z0-9]{22}$/)
    ids.add(id)
  }
  expect(ids.size).toBe(20_000)
  fc.assert(
    fc.property(fc.nat(48), fc.constantFrom(...'0aZ'), (at, c) => {
      const plain = mintSecret('test').secret.reveal()
      const i = 9 + at
      const changed = plain.slice(0, i) + (plain[i] === c ? 'y' : c) + plain.slice(i + 1)
      expect(readSecret(plain)).toBe('test')
      expect(readSecret(changed)).toBeNull()
    }),
  )
})

// CHECKS 57
test('an id that we did not mint has no tag: wrong key, changed body, rubbish', () => {
  const id = mintPublicId('test', tagKey)
  expect(readPublicId(id, tagKey)).toBe('test')
  expect(readPublicId(id, Buffer.alloc(32, 2))).toBeNull()
  expect(readPublicId(id.replace('gtk_test', 'gtk_live'), tagKey)).toBeNull()
  for (const bad of ['', 'gtk_test_', `${id}x`, id.toLowerCase(), `${id}\n`]) {
    if (bad !== id) expect(readPublicId(bad, tagKey)).toBeNull()
  }
})

test('base62 is uniform enough: no character is twice as likely as another', () => {
  const counts = new Map<string, number>()
  for (let i = 0; i < 4_000; i++) {
    for (const c of mintSecret('test').secret.reveal().slice(9, 52)) counts.set(c, (counts.get(c) ?? 0) + 1)
  }
  expect(counts.size).toBe(62)
  const values = [...counts.values()]
  expect(Math.max(...values) / Math.min(...values)).toBeLessThan(1.3)
  // Bytes that are no multiple of 62 would favour the first eight characters by a quarter.
  const mean = (chars: string): number => [...chars].reduce((n, c) => n + (counts.get(c) ?? 0), 0) / chars.length
  expect(mean('01234567') / mean('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')).toBeLessThan(1.1)
})

// CHECKS 121
test('a ciphertext opens only where it belongs: another row, owner, table, purpose or key, a flipped bit, a cut tag', () => {
  const keys = { current: 'a', byId: new Map([['a', Buffer.alloc(32, 3)]]) }
  const home = { table: 'factor', row: '1', owner: 'p', purpose: 'operations' }
  const { sealed, keyId } = seal(Buffer.from('seed'), home, keys)
  expect(open(sealed, home, keyId, keys).toString()).toBe('seed')
  for (const [k, v] of Object.entries({ table: 'x', row: '2', owner: 'q', purpose: 'sign_in' })) {
    expect(() => open(sealed, { ...home, [k]: v }, keyId, keys)).toThrow()
  }
  for (let i = 0; i < sealed.length; i++) {
    const flipped = Buffer.from(sealed)
    flipped[i]! ^= 1
    expect(() => open(flipped, home, keyId, keys)).toThrow()
  }
  expect(() => open(sealed.subarray(0, -1), home, keyId, keys)).toThrow()
  expect(() => open(Buffer.alloc(3), home, keyId, keys)).toThrow()
  expect(() => open(sealed, home, 'b', keys)).toThrow('no key')
  // The same bytes under another id are another key, and what one part ends with does not begin the next.
  const renamed = { current: 'b', byId: new Map([['b', Buffer.alloc(32, 3)]]) }
  expect(() => open(sealed, home, 'b', renamed)).toThrow()
  expect(() => open(sealed, { ...home, table: 'facto', row: 'r1' }, keyId, keys)).toThrow()
})

// CHECKS 122
test('no nonce twice', () => {
  const keys = { current: 'a', byId: new Map([['a', Buffer.alloc(32, 3)]]) }
  const home = { table: 't', row: '1', owner: 'p', purpose: 'x' }
  const seen = new Set<string>()
  for (let i = 0; i < 50_000; i++) seen.add(seal(Buffer.alloc(1), home, keys).sealed.subarray(0, 12).toString('hex'))
  expect(seen.size).toBe(50_000)
})

test('a secret does not show itself in JSON, templates or inspection', () => {
  const s = new Secret('canary-7431')
  expect(
    `${JSON.stringify({ s })}${s}${inspect({ s }, { showHidden: true, depth: 9 })}${Object.values(s)}`,
  ).not.toContain('7431')
})

// RFC 6238 appendix B, SHA-1, cut to six digits.
test('published vectors of time-based codes', () => {
  const seed = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
  for (const [seconds, code] of [
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [2000000000, '279037'],
    [20000000000, '353130'],
  ] as const) {
    const at = new Date(seconds * 1000)
    expect(currentCode(seed, at)).toBe(code)
    expect(matchingStep(seed, code, at)).toBe(Math.floor(seconds / 30))
  }
})

// CHECKS 4
test('the current step and the one before; never the next, never two back', () => {
  const seed = mintSeed()
  const now = new Date(1_800_000_000_000)
  const at = (steps: number) => currentCode(seed, new Date(now.getTime() + steps * 30_000))
  expect(matchingStep(seed, at(0), now)).toBe(stepOf(now))
  expect(matchingStep(seed, at(-1), now)).toBe(stepOf(now) - 1)
  expect(matchingStep(seed, at(1), now)).toBeNull()
  expect(matchingStep(seed, at(-2), now)).toBeNull()
  const late = new Date(now.getTime() + 29_999)
  expect(matchingStep(seed, at(0), late)).toBe(stepOf(now))
})

// CHECKS 6
test('anything that is not six ASCII digits is refused without a throw', () => {
  const seed = mintSeed()
  fc.assert(
    fc.property(fc.anything(), (code) => {
      fc.pre(typeof code !== 'string' || !/^\d{6}$/.test(code))
      expect(matchingStep(seed, code, new Date())).toBeNull()
    }),
  )
})

// CHECKS 50
test('a secret in a text from outside is taken out, whole or begun; nothing else changes', () => {
  const secret = mintSecret('live').secret.reveal()
  expect(withoutSecrets(`office ${secret}, ${secret.slice(0, 25)}`)).toBe('office gts_live_removed, gts_live_removed')
  expect(withoutSecrets(`gtg_${'a-B_9'.repeat(9)} x`)).toBe('gtg_removed x')
  for (const text of ['office', 'gts_', 'gts_test_short', 'gtk_test_0123456789abcdefghijkl', '']) {
    expect(withoutSecrets(text)).toBe(text)
  }
})
