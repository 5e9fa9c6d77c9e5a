import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { mintSecret } from '@/lib/secrets/format'
import { mintSeed } from '@/lib/secrets/totp'
import { filesBelow } from './files'
import { secretsIn, seedForms } from './in-play'
import { textPlace } from './place'
import { type Exchange, recordBytes, recordHttp } from './recorder'
import { homes, randomPart, type Secret } from './secret-kinds'
import { sweep } from './sweep'

/** A canary in each kind of place: the sweep that finds nothing here would find nothing anywhere. */
const plain = mintSecret('test').secret.reveal()
const canary: Secret = { kind: 'apiSecret', value: randomPart(plain), home: homes.apiSecret, mostAnswers: 1 }
const closing: (() => Promise<void> | void)[] = []
afterAll(async () => {
  for (const close of closing) await close()
})

const labels = [
  'console request head',
  'console request body of openTicketAction',
  'console response head',
  'console response body of GET',
  'console response body of a static file',
  'console response body of regenerateAction',
  'gate request head',
  'gate response body of POST /token/',
  'internal response head',
  'upstream request head',
  'page',
  'page console',
  'page address',
  'mail',
  'stdout',
  'command line',
  'row audit.detail',
  'row request_log.path',
  'dump',
  'wire',
  'file database',
  'file data logs/gate.log',
  'file profile Default/History',
  'file built',
]

// CHECKS 50
test('an API secret is a leak in every place but the one answer and what its holder sends to the gate', () => {
  const { leaks, atHome, places } = sweep(
    [canary],
    labels.map((label) => textPlace(label, 'here', `before ${plain} after`)),
  )
  expect(places).toBe(labels.length)
  expect(leaks.map(({ label }) => label).sort()).toEqual(
    labels.filter((l) => l !== 'console response body of regenerateAction' && l !== 'gate request head').sort(),
  )
  expect(atHome.get('apiSecret')).toBe(2)
  expect(JSON.stringify(leaks)).not.toContain(plain.slice(12, 24))
})

// CHECKS 44, 47, 50
test('the same secret in a second answer is a leak', () => {
  const answer = (where: string) => textPlace('console response body of regenerateAction', where, plain)
  expect(sweep([canary], [answer('1'), textPlace('gate request head', '', plain)]).leaks).toEqual([])
  expect(sweep([canary], [answer('1'), answer('2')]).leaks).toMatchObject([{ where: '2' }])
})

test('codes are found where they stand alone, and not inside of other numbers', () => {
  const code: Secret = { kind: 'code', value: Buffer.from('438216'), home: homes.code }
  const at = (text: string) => sweep([code], [textPlace('row audit.detail', '', text)]).leaks.length
  expect(['438216', '"code":"438216"', 'code 438216.', 'code=438216&x'].map(at)).toEqual([1, 1, 1, 1])
  expect(['1438216', '2026-01-01 10:00:00.438216', 'a438216', '%438216'].map(at)).toEqual([0, 0, 0, 0])
  expect(sweep([code], [textPlace('console request body of signInAction', '', '438216')]).leaks).toEqual([])
})

test('a mask that shows four characters of the beginning or the end is a leak; the fingerprint is none', () => {
  const at = (text: string) => sweep([canary], [textPlace('page', '', text)]).leaks.length
  const random = randomPart(plain).toString()
  const shown = [`gts_test_${random.slice(0, 4)}`, `gts_test_${random.slice(0, 8)}…`, `••••${random.slice(-4)}`]
  expect([...shown, `…${random.slice(-6)}`].map(at)).toEqual([1, 1, 1, 1])
  expect([mintSecret('test').fingerprint, 'gts_test_…', `••••${random.slice(0, 4)}`].map(at)).toEqual([0, 0, 0])
})

test('a seed is found as the key shows it, as it is typed, and as the bytes it stands for', () => {
  const seed = mintSeed()
  const secrets = seedForms(seed).map((value): Secret => ({ kind: 'demoSeed', value, home: homes.demoSeed }))
  const grouped = (seed.match(/.{4}/g) ?? []).join(' ')
  for (const bytes of [Buffer.from(seed), Buffer.from(seed.toLowerCase()), Buffer.from(grouped), seedForms(seed)[3]!]) {
    expect(sweep(secrets, [{ label: 'file database', where: '', bytes, text: false }]).leaks.length).toBeGreaterThan(0)
  }
})

// CHECKS 50
test('a recorder keeps both heads and both bodies, decoded, and what it does not understand byte by byte', async () => {
  const server: Server = createServer((req, res) => {
    req.resume()
    res.writeHead(200, { 'content-encoding': 'gzip', 'x-answer': plain })
    res.end(gzipSync(`<p>${plain}</p>`))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const recorder = await recordHttp('upstream', () => port)
  const wire = await recordBytes(() => port)
  closing.push(recorder.stop, wire.stop, () => void server.close())

  const answer = await fetch(`${recorder.url}/x?s=${plain}`, {
    method: 'POST',
    headers: { 'x-asks': plain },
    body: plain,
  })
  expect(await answer.text()).toContain(plain)
  const { requestHead, requestBody, responseHead, responseBody } = recorder.exchanges[0] as Exchange
  for (const part of [requestHead.split('\n')[0]!, requestHead.split('\n').slice(1).join(), responseHead]) {
    expect(part).toContain(plain)
  }
  expect([requestBody.toString(), responseBody.toString()]).toEqual([plain, `<p>${plain}</p>`])

  await new Promise<void>((done) => {
    const socket = connect(wire.port, '127.0.0.1', () => socket.write(`nonsense ${plain}\r\n\r\n`))
    socket.on('data', () => {}).on('close', () => done())
  })
  expect(wire.sent().toString()).toContain(plain)
  expect(wire.received().toString()).toMatch(/^HTTP\/1.1 400/)
})

// CHECKS 50, 117
test('files are searched as they are and unpacked, also below directories', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-sweep-'))
  closing.push(() => rmSync(directory, { recursive: true }))
  mkdirSync(join(directory, 'Default/Cache'), { recursive: true })
  writeFileSync(join(directory, 'Default/History'), Buffer.from(`\0\0${plain}\0`, 'utf16le'))
  writeFileSync(join(directory, 'Default/Cache/entry'), Buffer.concat([Buffer.from('head'), gzipSync(plain)]))
  writeFileSync(join(directory, 'gate.log'), `{"path":"/${plain.slice(9, 30)}"}\n`)
  writeFileSync(join(directory, 'left-out'), plain)
  const places = filesBelow(directory, (path) => (path === 'left-out' ? null : `file ${path}`))
  const { leaks } = sweep([canary], places)
  expect(leaks.map(({ label, encoding }) => [label, encoding]).sort()).toEqual([
    ['file Default/Cache/entry', 'itself'],
    ['file Default/History', 'UTF-16'],
    ['file gate.log', 'itself'],
  ])
})

test('every secret that passes is registered from the request or answer where it is born', async () => {
  const blank = { requestBody: Buffer.alloc(0), responseBody: Buffer.alloc(0), requestHead: '', responseHead: '' }
  const of = (more: Partial<Exchange>): Exchange => ({
    of: 'console',
    method: 'POST',
    url: '/',
    status: 200,
    ...blank,
    ...more,
  })
  const action = (name: string, sent: unknown, answered: unknown): Exchange =>
    of({
      requestHead: `POST /\nNext-Action: id-${name}`,
      requestBody: Buffer.from(JSON.stringify(sent)),
      responseBody: Buffer.from(`1:${JSON.stringify(answered)}\n`),
    })
  const names = new Map(
    ['regenerateAction', 'openTicketAction', 'startEnrolmentAction', 'signInAction'].map((name) => [
      `id-${name}`,
      name,
    ]),
  )
  const seed = mintSeed()
  const secrets = await secretsIn(
    [
      action('regenerateAction', [{ ticket: 'x', code: '438216' }], { ok: true, value: { apiSecret: plain } }),
      action('openTicketAction', [{ password: 'seven quiet herons' }], { ok: true, value: { ticket: 't'.repeat(43) } }),
      action('startEnrolmentAction', [{ code: '111111' }], { ok: true, value: { seed } }),
      of({ responseHead: '200\nSet-Cookie: __Host-gatehouse-device=dddddddddddddddddddddddd; Path=/' }),
      of({ of: 'gate', url: '/token/', responseBody: Buffer.from('{"access":"head.claims.signature-of-it"}') }),
    ],
    names,
    'secret of the session cookie',
  )
  const kinds = secrets.map(({ kind, value }) => `${kind} ${value.toString('latin1')}`)
  expect(kinds).toEqual(
    expect.arrayContaining([
      `apiSecret ${randomPart(plain)}`,
      'code 438216',
      'password seven quiet herons',
      `ticket ${'t'.repeat(43)}`,
      `enrolledSeed ${seed}`,
      'cookie dddddddddddddddddddddddd',
      'accessToken signature-of-it',
    ]),
  )
  expect(kinds).not.toContain('code 111111')
})
