import { connect } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mutate } from '@/faults/input/mutate'
import { randomFrom } from '@/faults/input/random'
import { type Embedded, startEmbedded } from '@/testing/embedded'
import { SOCKET_NAME, socketDirectory } from './location'
import { int32, message, PROTOCOL_3, query, sync } from './protocol'

/** Bytes that no client sends: whoever sends them loses their connection; the database and all others go on. */
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31)

let embedded: Embedded
let neighbour: pg.Client
beforeAll(async () => {
  embedded = await startEmbedded()
  neighbour = new pg.Client({ connectionString: embedded.url })
  await neighbour.connect()
})
afterAll(async () => {
  await neighbour.end().catch(() => {})
  await embedded.stop()
})

const start = (text: string): Buffer => {
  const body = Buffer.concat([int32(PROTOCOL_3), Buffer.from(text, 'latin1')])
  return Buffer.concat([int32(body.length + 4), body])
}
const hello = start('user\0x\0database\0y\0\0')
const bare = (type: string, text: string): Buffer => message(type, Buffer.from(text, 'latin1'))

/** Sends and waits until the other side answers nothing more for a moment, or closes. */
function send(bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(join(socketDirectory(embedded.dataDir), SOCKET_NAME), () => socket.write(bytes))
    let answer = ''
    let quiet = setTimeout(() => socket.destroy(), 60)
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      clearTimeout(quiet)
      quiet = setTimeout(() => socket.destroy(), 30)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') reject(error)
    })
    socket.on('close', () => {
      clearTimeout(quiet)
      resolve(answer)
    })
  })
}

async function goesOn(): Promise<void> {
  expect(embedded.process.exitCode, `FUZZ_SEED=${seed}`).toBeNull()
  const wanted = Math.floor(Math.random() * 1e9)
  const { rows } = await neighbour.query({ name: 'same', text: 'select $1::int as got', values: [wanted] })
  expect(rows, `FUZZ_SEED=${seed}`).toEqual([{ got: wanted }])
}

const broken: [string, Buffer][] = [
  ['a start-up parameter without its end', start('user')],
  ['a start-up parameter without its value', start('user\0x\0database')],
  ['an empty start', start('')],
  ['a query without its end', Buffer.concat([hello, bare('Q', 'select 1')])],
  ['an empty query message', Buffer.concat([hello, bare('Q', '')])],
  ['a Parse without its end', Buffer.concat([hello, bare('P', 'name'), sync])],
  ['a Parse without its statement', Buffer.concat([hello, bare('P', 'name\0select'), sync])],
  ['a Bind without its end', Buffer.concat([hello, bare('B', 'portal'), sync])],
  ['a Bind without its statement', Buffer.concat([hello, bare('B', '\0name'), sync])],
  ['a Bind without its values', Buffer.concat([hello, bare('P', '\0select 1\0\0\0'), bare('B', '\0\0'), sync])],
  [
    'a Bind that says a million values',
    Buffer.concat([hello, bare('P', '\0select 1\0\0\0'), bare('B', '\0\0\0\0\x7f\xff'), sync]),
  ],
  ['an empty Describe', Buffer.concat([hello, bare('D', ''), sync])],
  ['a Describe without its end', Buffer.concat([hello, bare('D', 'Sname'), sync])],
  ['a Describe of neither', Buffer.concat([hello, bare('D', 'Xname\0'), sync])],
  ['a Close without its end', Buffer.concat([hello, bare('C', 'Sname'), sync])],
  ['an Execute without its end', Buffer.concat([hello, bare('E', 'x'), sync])],
  ['a type that does not exist', Buffer.concat([hello, bare('\0', 'x')])],
  ['a length of zero', Buffer.concat([hello, Buffer.from('Q\0\0\0\0')])],
  ['a length of two thousand million', Buffer.concat([hello, Buffer.from('Q\x7f\xff\xff\xff', 'latin1')])],
  ['another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
]

test.each(broken)('%s', async (_, bytes) => {
  await send(bytes)
  await goesOn()
})

test('and whatever else', async () => {
  const random = randomFrom(seed)
  const examples = [
    ...broken.map(([, bytes]) => bytes),
    Buffer.concat([
      hello,
      query('select 1'),
      bare('P', 's\0select $1\0\0\0'),
      bare('B', '\0s\0\0\0\0\x01\0\0\0\x011\0\0'),
      bare('D', 'P\0'),
      bare('E', '\0\0\0\0\0'),
      sync,
    ]),
  ].map((bytes) => bytes.toString('latin1'))
  for (let round = 0; round < Number(process.env['HOSTILE_ROUNDS'] ?? 8); round++) {
    const some = Array.from({ length: 20 }, () =>
      Buffer.from(mutate(random.pick(examples), random, examples, ['S', 'Q', '\0']), 'latin1'),
    )
    await Promise.all(some.map(send))
    await goesOn()
  }
}, 600_000)
