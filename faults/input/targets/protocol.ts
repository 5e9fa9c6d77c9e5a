import { Frames, readString } from '@/db/embedded/protocol'
import { intentOf } from '@/db/embedded/statements'
import { must, type Target } from '../fuzz'

/** Each character one byte. How the stream is cut must not matter, and only a RangeError says that it is no protocol. */
export const wireFrames: Target = {
  name: 'wire-frames',
  examples: [
    '\0\0\0\x08\0\x03\0\0',
    '\0\0\0\x11\0\x03\0\0user\0u\0\0\0Q\0\0\0\x0dselect 1\0S\0\0\0\x04',
    '\0\0\0\x08\x04\xd2\x16\x2fX\0\0\0\x04',
    '\xff\xff\xff\xff',
    '\x7f\xff\xff\xff\0\0\0\0',
    '\0\0\0\0',
    '\0\0\0\x04',
  ],
  words: [
    '\0\0\0\x04',
    '\0\0\0\x05',
    '\x04\0\0\0',
    '\0\x03\0\0',
    'Q',
    'P',
    'B',
    'X',
    '\x7f\xff\xff\xff',
    '\xff\xff\xff\xff',
  ],
  check(text) {
    const bytes = Buffer.from(text, 'latin1')
    const whole = take(bytes, [bytes.length])
    const one = take(
      bytes,
      Array.from({ length: Math.min(bytes.length, 300) }, () => 1),
    )
    const two = take(bytes, [bytes.length >> 1])
    if (bytes.length <= 300) must(whole === one, 'byte by byte it says something else')
    must(whole === two, 'in two halves it says something else')
    return whole.replace(/\d/g, '').slice(0, 40)
  },
}

/** Lengths and types of what came out, or how it was refused; the first message starts a typed stream. */
function take(bytes: Buffer, cuts: readonly number[]): string {
  const frames = new Frames()
  const out: string[] = []
  let at = 0
  for (const cut of [...cuts, bytes.length]) {
    frames.push(bytes.subarray(at, at + cut))
    at = Math.min(bytes.length, at + cut)
    try {
      for (let next = frames.next(); next; next = frames.next()) {
        out.push(`${next.type.charCodeAt(0)} ${next.bytes.length}`)
        if (out.length === 1) frames.started()
      }
    } catch (error) {
      must(error instanceof RangeError, `a ${error} instead of a RangeError`)
      return `${out.join()} refused`
    }
  }
  return out.join()
}

/** Reading what a statement wants ends, and quickly, whatever it is. */
export const statement: Target = {
  name: 'statement',
  examples: [
    'select 1',
    'LISTEN "a""b"',
    'unlisten *',
    'set x = 1',
    'begin; set local y to 2',
    'select $$ set x $$ /* /* */ */ --\n',
    'prepare p as select 1',
    'discard all',
  ],
  words: [
    'set ',
    'listen ',
    'unlisten ',
    '/*',
    '*/',
    '--',
    '$$',
    '$a$',
    "'",
    '"',
    "E'\\'",
    ';',
    'declare c cursor with hold for ',
  ],
  check(input) {
    const text = input.toWellFormed()
    const { kind } = intentOf(text)
    if (text.includes('\0'))
      must(
        readString(Buffer.from(`${text}\0`), 0).text === text.slice(0, text.indexOf('\0')),
        'a string beyond its end',
      )
    return kind
  },
}
