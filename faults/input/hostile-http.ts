import { mutate } from './mutate'
import type { Random } from './random'

/** One request as bytes (latin1) that tries to be two, or to be read in two ways. */
export type Attack = { name: string; bytes: string }

/** What no upstream may ever receive: a request nobody authorised. */
export const SMUGGLED = '/smuggled'

const inner = `GET ${SMUGGLED} HTTP/1.1\r\nHost: gate\r\nX-Gatehouse-Merchant: mrc_other\r\n\r\n`
const chunkedInner = `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`
const empty = '0\r\n\r\n'

/** @param token a good one: who smuggles may well be somebody's customer */
export function attacks(token: string): Attack[] {
  const auth = `Authorization: Bearer ${token}`
  const post = (lines: string[], body: string, version = '1.1'): string =>
    [`POST /echo HTTP/${version}`, 'Host: gate', auth, ...lines, '', body].join('\r\n')
  const te = (line: string): Attack => ({
    name: JSON.stringify(line),
    bytes: post([`Content-Length: ${empty.length + inner.length}`, line], empty + inner),
  })
  return [
    {
      name: 'CL.TE',
      bytes: post([`Content-Length: ${empty.length + inner.length}`, 'Transfer-Encoding: chunked'], empty + inner),
    },
    { name: 'TE.CL', bytes: post(['Transfer-Encoding: chunked', 'Content-Length: 4'], chunkedInner) },
    { name: 'two lengths', bytes: post(['Content-Length: 0', `Content-Length: ${inner.length}`], inner) },
    { name: 'a list of lengths', bytes: post([`Content-Length: 0, ${inner.length}`], inner) },
    ...[
      ' chunked',
      '\tchunked',
      'chunked\t',
      'xchunked',
      'chunked, identity',
      'identity, chunked',
      '"chunked"',
      'CHUNKED',
      '\x0bchunked',
      'chunked\r\nTransfer-Encoding: cow',
      '\r\n chunked',
    ].map((value) => te(`Transfer-Encoding:${value.startsWith(' ') ? '' : ' '}${value}`)),
    te('Transfer-Encoding : chunked'),
    te('Transfer_Encoding: chunked'),
    te(' Transfer-Encoding: chunked'),
    te('X: y\nTransfer-Encoding: chunked'),
    te('X: y\rTransfer-Encoding: chunked'),
    te('Transfer-Encoding\0: chunked'),
    ...['+0', '-1', '0x0', '0 ', ' 0', '00', '1e1', '0;x', '0,0', '', '18446744073709551616'].map((length) => ({
      name: `Content-Length ${JSON.stringify(length)}`,
      bytes: post([`Content-Length:${length}`], inner),
    })),
    {
      name: 'a length with an underscore',
      bytes: post([`Content_Length: ${inner.length}`, 'Content-Length: 0'], inner),
    },
    {
      name: 'a chunk extension with a line end',
      bytes: post(['Transfer-Encoding: chunked'], `1;x="\n0\r\n\r\n${inner}"\r\nA\r\n${empty}`),
    },
    {
      name: 'a chunk length of many digits',
      bytes: post(['Transfer-Encoding: chunked'], `${'0'.repeat(40)}\r\n\r\n${inner}`),
    },
    {
      name: 'a chunk length that overflows',
      bytes: post(['Transfer-Encoding: chunked'], `10000000000000000\r\n${inner}`),
    },
    { name: 'chunks ended by bare LF', bytes: post(['Transfer-Encoding: chunked'], `0\n\n${inner}`) },
    {
      name: 'a chunk longer than it says',
      bytes: post(['Transfer-Encoding: chunked'], `2\r\nabcde\r\n${empty}${inner}`),
    },
    { name: 'trailers with a request', bytes: post(['Transfer-Encoding: chunked'], `0\r\nX: ${inner}`) },
    { name: 'bare LF everywhere', bytes: post(['Content-Length: 0'], inner).replaceAll('\r\n', '\n') },
    { name: 'a folded credential', bytes: `GET ${SMUGGLED} HTTP/1.1\r\nHost: gate\r\nX: y\r\n ${auth}\r\n\r\n` },
    { name: 'HTTP/1.0 that keeps alive', bytes: post(['Connection: keep-alive', 'Content-Length: 0'], inner, '1.0') },
    {
      name: 'HTTP/1.0 with chunks',
      bytes: post(['Connection: keep-alive', 'Transfer-Encoding: chunked'], empty + inner, '1.0'),
    },
    { name: 'HTTP/0.9', bytes: `GET ${SMUGGLED}\r\n\r\n${inner}` },
    { name: 'HTTP/1.2', bytes: post([`Content-Length: ${inner.length}`], inner, '1.2') },
    { name: 'an absolute target', bytes: `GET http://gate${SMUGGLED} HTTP/1.1\r\nHost: other\r\n\r\n` },
    {
      name: 'a blank in the target',
      bytes: `GET /echo HTTP/1.1 ${SMUGGLED} HTTP/1.1\r\nHost: gate\r\n${auth}\r\n\r\n`,
    },
    { name: 'a line end in the target', bytes: `GET /echo?\n${SMUGGLED} HTTP/1.1\r\nHost: gate\r\n${auth}\r\n\r\n` },
    { name: 'a pipelined second request', bytes: post(['Content-Length: 2'], `ok${inner}`) },
    {
      name: 'a GET with a request as its body',
      bytes: `GET /echo HTTP/1.1\r\nHost: gate\r\n${auth}\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    },
    {
      name: 'a refused request with one behind',
      bytes: `POST /payouts HTTP/1.1\r\nHost: gate\r\nContent-Length: 2\r\n\r\nok${inner}`,
    },
    { name: 'Expect and no body', bytes: post(['Expect: 100-continue', `Content-Length: ${inner.length}`], inner) },
    {
      name: 'Expect, refused',
      bytes: `POST /echo HTTP/1.1\r\nHost: gate\r\nExpect: 100-continue\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    },
    {
      name: 'Expect of two kinds',
      bytes: post(['Expect: x', 'Expect: 100-continue', `Content-Length: ${inner.length}`], inner),
    },
    {
      name: 'framing named by Connection',
      bytes: post(
        ['Connection: Content-Length, Transfer-Encoding, Authorization', `Content-Length: ${inner.length}`],
        inner,
      ),
    },
    { name: 'an upgrade', bytes: post(['Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 0'], inner) },
    {
      name: 'h2c',
      bytes: post(
        [
          'Connection: Upgrade, HTTP2-Settings',
          'Upgrade: h2c',
          'HTTP2-Settings: AAMAAABkAAQAAP__',
          'Content-Length: 0',
        ],
        inner,
      ),
    },
    { name: 'CONNECT', bytes: `CONNECT gate:80 HTTP/1.1\r\nHost: gate\r\n${auth}\r\n\r\n${inner}` },
    { name: 'TRACE', bytes: `TRACE ${SMUGGLED} HTTP/1.1\r\nHost: gate\r\n\r\n` },
    { name: 'a very long header', bytes: post([`X: ${'x'.repeat(40_000)}`, 'Content-Length: 0'], inner) },
    { name: 'NUL in a header', bytes: post(['X: a\0b', 'Content-Length: 0'], inner) },
  ]
}

const words = [
  'Transfer-Encoding: chunked\r\n',
  'Content-Length: 0\r\n',
  '0\r\n\r\n',
  '\r\n\r\n',
  inner,
  'Connection: keep-alive\r\n',
  'Expect: 100-continue\r\n',
  '\n',
  '\r',
  '\0',
  '\t',
  ' ',
]

/** Any of the attacks, changed a little; its line of the credential stays, or it would be refused for that alone. */
export function mutated(list: readonly Attack[], random: Random): Attack {
  const { name, bytes } = random.pick(list)
  const line = /Authorization: Bearer [^\r\n]+/.exec(bytes)?.[0]
  const changed = mutate(
    line ? bytes.replace(line, '\x01') : bytes,
    random,
    list.map((a) => a.bytes),
    words,
  )
  return {
    name: `${name}, changed`,
    bytes: (line ? changed.replace('\x01', line) : changed).replace(/[^\0-\xff]/g, '?'),
  }
}
