import { randomBytes } from 'node:crypto'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { mintSecret } from '@/lib/secrets/format'
import { decoded, gzipInside } from './decode'
import { search } from './search'
import { randomPart } from './secret-kinds'

/** The searcher must be able to find: every encoding, every offset, every cut. */
const value = randomPart(mintSecret('test').secret.reveal()).toString()
/** With everything in it that an encoding writes in its own way. */
const awkward = `a+b/c=d&e"f<g>h\\i%j k'${value}`
const noise = (length: number): Buffer => randomBytes(length)
/** In the middle of other things, which do not happen to go on as the value does. */
const inside = (text: string | Buffer): Buffer =>
  Buffer.concat([noise(1000), Buffer.from('\n'), Buffer.from(text), Buffer.from('\n'), noise(1000)])
const found = (needle: string, bytes: Buffer): string[] =>
  search([{ name: 'it', value: Buffer.from(needle) }])
    .in(bytes)
    .map(({ encoding }) => encoding)

const hex = (text: string) => Buffer.from(text).toString('hex')
const each = (text: string, write: (code: number) => string) =>
  [...text].map((char) => write(char.codePointAt(0) ?? 0)).join('')
const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

// CHECKS 50
test.each<[string, (text: string) => string | Buffer]>([
  ['itself', (text) => text],
  ['base64', (text) => Buffer.from(text).toString('base64')],
  ['base64', (text) => Buffer.from(`x${text}yz`).toString('base64')],
  ['base64', (text) => Buffer.from(`xy${text}z`).toString('base64')],
  ['base64', (text) => `Basic ${btoa(`gtk_test_abc:${text}`)}`],
  ['base64', (text) => Buffer.from(`{"a":"${text}"}`).toString('base64url')],
  ['hex', hex],
  ['hex', (text) => hex(text).toUpperCase()],
  ['percent', encodeURIComponent],
  ['percent', (text) => hex(text).replace(/../g, '%$&')],
  ['percent', (text) => new URLSearchParams({ text }).toString()],
  ['JSON', (text) => JSON.stringify({ text })],
  ['JSON', (text) => each(text, (code) => `\\u${code.toString(16).padStart(4, '0')}`)],
  ['HTML', (text) => text.replace(/[&<>"']/g, (char) => escapes[char] ?? char)],
  ['HTML', (text) => each(text, (code) => `&#${code};`)],
  ['HTML', (text) => each(text, (code) => `&#x${code.toString(16)};`)],
  ['UTF-16', (text) => Buffer.from(text, 'utf16le')],
  ['UTF-16', (text) => Buffer.from(text, 'utf16le').swap16()],
  ['reversed', (text) => [...text].reverse().join('')],
])('a secret is found as %s, plain and with characters that are escaped', (encoding, write) => {
  for (const needle of [value, awkward]) {
    const finds = found(needle, inside(write(needle)))
    // What needs no escape looks the same in several encodings.
    expect(finds.some((name) => name === encoding || name === 'itself')).toBe(true)
    expect(found(value, inside(write(awkward))).length).toBeGreaterThan(0)
  }
})

// CHECKS 50
test('any 12 characters in a row are found, 11 are not, wherever they stand', () => {
  for (const length of [11, 12, 20]) {
    for (let from = 0; from + length <= value.length; from += 1) {
      const part = value.slice(from, from + length)
      for (const bytes of [Buffer.from(part), inside(part)]) {
        expect(found(value, bytes)).toEqual(length < 12 ? [] : ['itself'])
      }
    }
  }
  for (let from = 0; from + 12 <= value.length; from += 1) {
    const part = value.slice(from, from + 12)
    expect(found(value, inside(hex(part)))).toContain('hex')
    expect(found(value, inside(Buffer.from(part, 'utf16le')))).toContain('UTF-16')
    for (const before of ['', '.', '..']) expect(found(value, inside(btoa(`${before}${part}:`)))).toContain('base64')
  }
})

test('many secrets in one pass, each at its place, and none in what is random', () => {
  const needles = Array.from({ length: 300 }, (_, at) => ({ name: String(at), value: randomBytes(32) }))
  const all = search(needles)
  const bytes = Buffer.concat(needles.flatMap(({ value }) => [noise(50), value]))
  expect(all.in(bytes).map(({ name, at, length }) => [name, at, length])).toEqual(
    needles.map(({ name }, at) => [name, at * 82 + 50, 32]),
  )
  expect(all.in(noise(5_000_000))).toEqual([])
})

// CHECKS 50
test('what is compressed is unpacked first: bodies, cut-off bodies, and whatever lies inside a file', () => {
  const page = Buffer.from(`<p>${value}</p>${'text '.repeat(2000)}`)
  expect(found(value, gzipSync(page))).toEqual([])
  expect(found(value, decoded(gzipSync(page), 'gzip'))).toEqual(['itself'])
  expect(found(value, decoded(brotliCompressSync(page), 'br'))).toEqual(['itself'])
  expect(found(value, decoded(deflateSync(page), 'deflate'))).toEqual(['itself'])
  const whole = gzipSync(Buffer.concat([page, noise(2000)]))
  expect(found(value, decoded(whole.subarray(0, whole.length - 500), 'gzip'))).toEqual(['itself'])
  const cached = Buffer.concat([noise(300), gzipSync(page), noise(300), gzipSync(page), noise(10)])
  expect(gzipInside(cached).flatMap((unpacked) => found(value, unpacked))).toEqual(['itself', 'itself'])
})
