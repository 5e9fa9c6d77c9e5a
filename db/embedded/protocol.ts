/** PostgreSQL's wire protocol, version 3 (manual, chapter 54.7 "Message Formats"), as far as a pooler needs it. */
export type Message = { type: string; bytes: Buffer }

export const PROTOCOL_3 = 196608
export const CANCEL = 80877102
export const SSL = 80877103
export const GSS = 80877104
/** Larger messages are refused: one client must not fill the memory of the process that owns the data. */
export const LARGEST_MESSAGE = 64 * 1024 * 1024

export function message(type: string, ...parts: (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((p) => (typeof p === 'string' ? cstring(p) : p)))
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

const cstring = (text: string): Buffer => Buffer.from(`${text}\0`)

export function int32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, at) => {
    bytes.writeInt32BE(value, at * 4)
  })
  return bytes
}

export const query = (sql: string): Buffer => message('Q', sql)
export const sync = message('S')
export const readyForQuery = (status: string): Buffer => message('Z', Buffer.from(status))

export const errorResponse = (severity: 'ERROR' | 'FATAL', code: string, text: string): Buffer =>
  message('E', `S${severity}`, `V${severity}`, `C${code}`, `M${text}`, Buffer.from([0]))

/**
 * The string that starts at `from`, and where the next field begins.
 * @throws RangeError where it has no end
 */
export function readString(bytes: Buffer, from: number): { text: string; next: number } {
  const end = bytes.indexOf(0, from)
  if (end < 0) throw new RangeError('a string without its end')
  return { text: bytes.toString('utf8', from, end), next: end + 1 }
}

/** How many strings a message of a client begins with. */
const stringsOf: Readonly<Record<string, number>> = { Q: 1, P: 2, B: 2, E: 1 }

/** Looks at the parts that are read later, when a client can no longer be told. @throws RangeError where one is broken */
export function proveReadable({ type, bytes }: Message): void {
  let at = 5
  for (let n = stringsOf[type] ?? 0; n > 0; n--) at = readString(bytes, at).next
  if (type !== 'D' && type !== 'C') return
  if (bytes[5] !== 'S'.charCodeAt(0) && bytes[5] !== 'P'.charCodeAt(0))
    throw new RangeError('neither statement nor portal')
  readString(bytes, 6)
}

/** Takes a byte stream apart. What has not arrived whole is kept without copying it again and again. */
export class Frames {
  #chunks: Buffer[] = []
  #size = 0
  #needed = 4
  #started = false

  /** @param startsTyped true where every message has a type byte; a client's first messages have none */
  constructor(startsTyped = false) {
    this.#started = startsTyped
    this.#needed = this.#header()
  }

  /** From now on messages carry a type byte. */
  started(): void {
    this.#started = true
    this.#needed = Math.max(this.#needed, this.#header())
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
  }

  /** @throws RangeError for a length that no client sends */
  next(): Message | null {
    if (this.#size < this.#needed) return null
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks)
    const head = this.#header()
    const length = all.readInt32BE(head - 4) + head - 4
    if (length < head || length > LARGEST_MESSAGE) throw new RangeError(`a message of ${length} bytes`)
    const complete = all.length >= length
    this.#chunks = complete ? (all.length > length ? [all.subarray(length)] : []) : [all]
    this.#size = complete ? all.length - length : all.length
    this.#needed = complete ? head : length
    if (!complete) return null
    return { type: this.#started ? all.toString('latin1', 0, 1) : '', bytes: all.subarray(0, length) }
  }

  #header(): number {
    return this.#started ? 5 : 4
  }
}
