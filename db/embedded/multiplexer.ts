import { randomInt } from 'node:crypto'
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { privateDirectory, SOCKET_NAME } from './location'
import {
  CANCEL,
  errorResponse,
  Frames,
  GSS,
  int32,
  type Message,
  message,
  PROTOCOL_3,
  proveReadable,
  query,
  readString,
  readyForQuery,
  SSL,
  sync,
} from './protocol'
import { type Intent, intentOf } from './statements'

/**
 * Many clients on the one session of an embedded database: what a pooler in transaction mode with a single server
 * connection does. Batches (up to Sync, or one simple Query) run whole and in turn; a client inside a transaction
 * keeps the session until ReadyForQuery says it is idle. What a session would remember is refused with 0A000.
 */
export type MultiplexerOptions = {
  /** Runs whole messages and returns everything the database answered. */
  execute: (messages: Uint8Array) => Promise<Buffer>
  /** Reported to each client when it connects: `server_version` and so on. */
  parameters: Record<string, string>
  /** A transaction that its client leaves alone this long is rolled back: everybody else waits for it. */
  idleInTransactionMs?: number
  /** Something that must not happen. The state of the session is unknown, so the process has to end. */
  onFatal: (error: unknown) => void
}

type Job = { kind: 'batch'; messages: Message[] } | { kind: 'end' } | { kind: 'expire' }

type Client = {
  id: number
  socket: Socket
  frames: Frames
  /** Messages of a batch that has not seen its Sync. */
  partial: Message[]
  jobs: Job[]
  queued: boolean
  gone: boolean
  channels: Set<string>
  /** Names this client gave to prepared statements; each has a prefix of its own in the database. */
  statements: Set<string>
  /** The last Parse of the unnamed statement: another client's may have replaced it in the meantime. */
  unnamed: Buffer | null
}

const MOST_CLIENTS = 200
const MOST_WAITING_BATCHES = 64

export class Multiplexer {
  readonly #options: Required<MultiplexerOptions>
  readonly #server: Server
  readonly #clients = new Set<Client>()
  readonly #ready: Client[] = []
  #pinned: Client | null = null
  #running = false
  #idle: NodeJS.Timeout | undefined
  #lastId = 0

  constructor(options: MultiplexerOptions) {
    this.#options = { idleInTransactionMs: 5000, ...options }
    this.#server = createServer((socket) => this.#accept(socket))
  }

  /** @param directory made private to this user; the socket in it is readable by nobody else */
  async listen(directory: string): Promise<string> {
    privateDirectory(directory)
    const path = join(directory, SOCKET_NAME)
    // Left by a process that was killed: whoever listens here holds the lock of the data directory.
    rmSync(path, { force: true })
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(path, resolve)
    })
    chmodSync(path, 0o600)
    return path
  }

  /** Statements that clients prepared and the database still holds. */
  get preparedStatements(): number {
    return [...this.#clients].reduce((sum, client) => sum + client.statements.size, 0)
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle)
    const closed = new Promise<void>((done) => this.#server.close(() => done()))
    for (const client of this.#clients) {
      client.socket.end(errorResponse('FATAL', '57P01', 'the database is stopping'))
      client.socket.destroySoon()
    }
    await closed
  }

  #accept(socket: Socket): void {
    this.#lastId += 1
    const client: Client = {
      id: this.#lastId,
      socket,
      frames: new Frames(),
      partial: [],
      jobs: [],
      queued: false,
      gone: false,
      channels: new Set(),
      statements: new Set(),
      unnamed: null,
    }
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => this.#leave(client))
    if (this.#clients.size >= MOST_CLIENTS) {
      this.#dismiss(client, '53300', 'too many connections')
      return
    }
    this.#clients.add(client)
    let greeted = false
    socket.on('data', (chunk: Buffer) => {
      client.frames.push(chunk)
      try {
        for (let next = client.frames.next(); next && !client.gone; next = client.frames.next()) {
          if (greeted) {
            proveReadable(next)
            this.#receive(client, next)
          } else greeted = this.#greet(client, next.bytes)
        }
      } catch (error) {
        if (error instanceof RangeError) this.#dismiss(client, '08P01', `protocol violation: ${error.message}`)
        else this.#options.onFatal(error)
      }
    })
  }

  /** @returns true once the client has started; the socket's directory is what authenticates it */
  #greet(client: Client, bytes: Buffer): boolean {
    const code = bytes.length >= 8 ? bytes.readInt32BE(4) : 0
    if (code === SSL || code === GSS) {
      client.socket.write('N')
      return false
    }
    if (code === CANCEL) {
      client.socket.destroy()
      return false
    }
    if (code >> 16 !== PROTOCOL_3 >> 16) {
      this.#dismiss(client, '08P01', 'only version 3 of the protocol is spoken here')
      return false
    }
    const refusal = unusableParameter(bytes)
    if (refusal) {
      this.#dismiss(client, '0A000', `the start-up parameter ${refusal} is not available in the embedded database`)
      return false
    }
    client.frames.started()
    client.socket.write(
      Buffer.concat([
        message('R', int32(0)),
        ...Object.entries(this.#options.parameters).map(([name, value]) => message('S', name, value)),
        message('K', int32(client.id, randomInt(2 ** 31 - 1))),
        readyForQuery('I'),
      ]),
    )
    return true
  }

  #receive(client: Client, next: Message): void {
    switch (next.type) {
      case 'X':
        client.socket.end()
        return
      case 'Q':
      case 'S':
        this.#enqueue(client, { kind: 'batch', messages: [...client.partial, next] })
        client.partial = []
        if (client.jobs.length > MOST_WAITING_BATCHES) client.socket.pause()
        return
      case 'P':
      case 'B':
      case 'D':
      case 'E':
      case 'C':
        client.partial.push(next)
        return
      case 'd':
      case 'c':
      case 'f':
        return // the rest of a COPY that was refused; PostgreSQL ignores it too
      default:
        this.#dismiss(client, '0A000', `the message '${next.type}' is not available in the embedded database`)
    }
  }

  #enqueue(client: Client, job: Job): void {
    client.jobs.push(job)
    if (!client.queued && client !== this.#pinned) {
      client.queued = true
      this.#ready.push(client)
    }
    void this.#pump()
  }

  async #pump(): Promise<void> {
    if (this.#running) return
    this.#running = true
    try {
      for (;;) {
        const client = this.#pinned ?? this.#ready.shift()
        if (!client) break
        client.queued = false
        const job = client.jobs.shift()
        if (!job) {
          if (client === this.#pinned) break
          continue
        }
        if (client.socket.isPaused() && client.jobs.length < MOST_WAITING_BATCHES / 2) client.socket.resume()
        clearTimeout(this.#idle)
        this.#idle = undefined
        await this.#run(client, job)
        if (client.jobs.length > 0 && client !== this.#pinned && !client.queued) {
          client.queued = true
          this.#ready.push(client)
        }
      }
    } catch (error) {
      this.#options.onFatal(error)
      return
    }
    this.#running = false
    const waiting = this.#pinned
    if (waiting) this.#idle ??= setTimeout(() => this.#expire(waiting), this.#options.idleInTransactionMs)
  }

  #expire(client: Client): void {
    if (this.#pinned !== client || this.#running) return
    client.jobs.unshift({ kind: 'expire' })
    void this.#pump()
  }

  async #run(client: Client, job: Job): Promise<void> {
    if (job.kind === 'batch') return this.#runBatch(client, job.messages)
    if (this.#pinned === client) {
      await this.#internal('rollback')
      this.#pinned = null
    }
    if (job.kind === 'expire') {
      this.#dismiss(client, '25P03', 'terminating connection due to idle-in-transaction timeout')
      return
    }
    await this.#forget(client)
  }

  async #runBatch(client: Client, messages: Message[]): Promise<void> {
    const only = messages.length === 1 && messages[0]?.type === 'Q' ? readString(messages[0].bytes, 5).text : null
    const intent: Intent = only === null ? { kind: 'plain' } : intentOf(only)
    if (intent.kind === 'listen' || intent.kind === 'unlisten') {
      if (this.#pinned) {
        await this.#answer(client, query(refusal('LISTEN inside a transaction')), 0)
        return
      }
      if (intent.kind === 'unlisten') return this.#unlisten(client, intent.channel)
      const failed = await this.#answer(client, query(`listen ${quoted(intent.channel)}`), 0)
      if (!failed) client.channels.add(intent.channel)
      return
    }
    const { bytes, hiddenParses } = this.#compose(client, messages, intent)
    await this.#answer(client, bytes, hiddenParses)
  }

  /** The batch as the database shall see it: names of the client's own, session state refused. */
  #compose(client: Client, messages: Message[], whole: Intent): { bytes: Buffer; hiddenParses: number } {
    if (whole.kind === 'refused') return { bytes: query(refusal(whole.reason)), hiddenParses: 0 }
    const out: Buffer[] = []
    let hiddenParses = 0
    let unnamedIsOurs = false
    for (const { type, bytes } of messages) {
      if (type === 'P') {
        const name = readString(bytes, 5)
        const intent = intentOf(readString(bytes, name.next).text)
        // The answer to a batch that fails is one error and one ReadyForQuery, so a failing query can stand for it.
        if (intent.kind === 'refused') return { bytes: query(refusal(intent.reason)), hiddenParses: 0 }
        if (intent.kind !== 'plain') return { bytes: query(refusal('LISTEN in a prepared statement')), hiddenParses: 0 }
        if (name.text === '') {
          client.unnamed = bytes
          unnamedIsOurs = true
          out.push(bytes)
        } else {
          client.statements.add(name.text)
          out.push(message('P', ownName(client, name.text), bytes.subarray(name.next)))
        }
        continue
      }
      const named = nameOfStatement(type, bytes)
      if (named === null) {
        out.push(bytes)
      } else if (named.text === '') {
        if (!unnamedIsOurs && client.unnamed && type !== 'C') {
          out.push(client.unnamed)
          hiddenParses += 1
        }
        unnamedIsOurs = true
        out.push(bytes)
      } else {
        if (type === 'C') client.statements.delete(named.text)
        out.push(message(type, bytes.subarray(5, named.start), ownName(client, named.text), bytes.subarray(named.next)))
      }
    }
    return { bytes: out.length === 1 ? (out[0] as Buffer) : Buffer.concat(out), hiddenParses }
  }

  /** Runs messages for a client and hands it the answer. @returns whether the database reported an error */
  async #answer(client: Client, bytes: Buffer, hiddenParses: number): Promise<boolean> {
    const { reply, status, failed } = this.#route(await this.#options.execute(bytes), hiddenParses)
    this.#pinned = status === 'I' ? null : client
    if (!client.socket.destroyed) client.socket.write(reply)
    return failed
  }

  /** Takes notifications out of an answer and sends them to those who listen. */
  #route(answer: Buffer, hiddenParses: number): { reply: Buffer; status: string; failed: boolean } {
    const frames = new Frames(true)
    frames.push(answer)
    const kept: Buffer[] = []
    let hidden = hiddenParses
    let status = ''
    let failed = false
    for (let next = frames.next(); next; next = frames.next()) {
      if (next.type === 'G' || next.type === 'W') throw new Error('the database waits for COPY data')
      if (next.type === 'A') this.#notify(next.bytes)
      else if (next.type === '1' && hidden > 0) hidden -= 1
      else kept.push(next.bytes)
      if (next.type === 'E') failed = true
      if (next.type === 'Z') status = next.bytes.toString('latin1', 5, 6)
    }
    if (!['I', 'T', 'E'].includes(status)) throw new Error('the database answered without ReadyForQuery')
    return { reply: Buffer.concat(kept), status, failed }
  }

  #notify(bytes: Buffer): void {
    const { text: channel } = readString(bytes, 9)
    for (const client of this.#clients) {
      if (client.channels.has(channel) && !client.socket.destroyed) client.socket.write(bytes)
    }
  }

  async #unlisten(client: Client, channel: string | null): Promise<void> {
    const dropped = channel === null ? [...client.channels] : [channel]
    for (const name of dropped) client.channels.delete(name)
    await this.#stopListening(dropped)
    client.socket.write(Buffer.concat([message('C', 'UNLISTEN'), readyForQuery('I')]))
  }

  async #stopListening(channels: Iterable<string>): Promise<void> {
    for (const name of channels) {
      const wanted = [...this.#clients].some((c) => c.channels.has(name))
      if (!wanted) await this.#internal(`unlisten ${quoted(name)}`)
    }
  }

  /** What a client that is gone left in the database. */
  async #forget(client: Client): Promise<void> {
    this.#clients.delete(client)
    const closing = [...client.statements].map((name) => message('C', Buffer.from('S'), ownName(client, name)))
    client.statements.clear()
    if (closing.length > 0) this.#route(await this.#options.execute(Buffer.concat([...closing, sync])), 0)
    const channels = [...client.channels]
    client.channels.clear()
    await this.#stopListening(channels)
  }

  async #internal(sql: string): Promise<void> {
    const { status, failed } = this.#route(await this.#options.execute(query(sql)), 0)
    if (failed || status !== 'I') throw new Error(`${sql} failed`)
  }

  /** The socket is closed: after what it still asked for, its transaction is rolled back. */
  #leave(client: Client): void {
    client.gone = true
    if (this.#clients.has(client)) this.#enqueue(client, { kind: 'end' })
  }

  #dismiss(client: Client, code: string, text: string): void {
    client.gone = true
    client.jobs = []
    client.socket.end(errorResponse('FATAL', code, text))
    client.socket.destroySoon()
  }
}

const ownName = (client: Client, name: string): string => `c${client.id}_${name}`
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Fails with 0A000 in the database itself, so that a transaction around it is aborted as PostgreSQL would. */
function refusal(reason: string): string {
  const text = reason.replaceAll("'", "''").replaceAll('$', '')
  return `do $refusal$ begin raise exception using errcode = '0A000', message = '${text}'; end $refusal$`
}

/** The statement a message names: Bind's second string, Describe's and Close's where they mean a statement. */
function nameOfStatement(type: string, bytes: Buffer): { text: string; start: number; next: number } | null {
  if (type === 'B') {
    const start = readString(bytes, 5).next
    return { start, ...readString(bytes, start) }
  }
  if ((type === 'D' || type === 'C') && bytes[5] === 'S'.charCodeAt(0)) return { start: 6, ...readString(bytes, 6) }
  return null
}

/** Time limits have no effect in the embedded database (its watchdog bounds it): asking for one is no state to refuse. */
const timeLimits = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']

/** A start-up parameter that would set something for the session, which all clients share. */
function unusableParameter(bytes: Buffer): string | null {
  const harmless = new Set(['user', 'database', 'application_name', 'fallback_application_name', ...timeLimits])
  for (let at = 8; at < bytes.length - 1; ) {
    const name = readString(bytes, at)
    const value = readString(bytes, name.next)
    at = value.next
    if (name.text === 'client_encoding' && /^utf-?8$/i.test(value.text.replaceAll("'", ''))) continue
    if (!harmless.has(name.text) && !name.text.startsWith('_pq_.')) return name.text
  }
  return null
}
