import { once } from 'node:events'
import net from 'node:net'

/**
 * A way to a database on a Unix socket or a port that can be frozen (connections stay, nothing comes through), cut,
 * held back, and read along: the texts of the statements that went through it.
 */
export type DatabaseBetween = {
  url: string
  freeze(): void
  /** Ends every connection, and lets new ones through. */
  thaw(): void
  /** Keeps answers back, and `held` tells how many bytes of them are waiting; statements still reach the database. */
  hold(): void
  held(): number
  release(): void
  /** Every statement since the last time it was asked. */
  statements(): string[]
  close(): void
}

export async function databaseBetween(target: string): Promise<DatabaseBetween> {
  const url = new URL(target.replace(/@%2F([^/]*)\//, '@socket/'))
  const folder = /@(%2F[^/]*)\//.exec(target)?.[1] ?? url.searchParams.get('host')
  const place: net.NetConnectOpts = folder
    ? { path: `${decodeURIComponent(folder)}/.s.PGSQL.5432` }
    : { host: url.hostname, port: Number(url.port || 5432) }
  const pairs = new Set<[net.Socket, net.Socket]>()
  let frozen = false
  let texts: string[] = []
  const server = net.createServer((near) => {
    const far = net.connect(place)
    const pair: [net.Socket, net.Socket] = [near, far]
    pairs.add(pair)
    const read = statementReader((text) => texts.push(text))
    near.on('data', read)
    near.pipe(far).pipe(near)
    for (const socket of pair)
      socket.on('error', () => pair.forEach((s) => void s.destroy())).on('close', () => pairs.delete(pair))
    if (frozen) pair.forEach((s) => void s.pause())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url.host = `127.0.0.1:${(server.address() as net.AddressInfo).port}`
  url.searchParams.delete('host')
  return {
    url: url.href,
    freeze() {
      frozen = true
      for (const [near, far] of pairs) {
        near.unpipe(far).pause()
        far.unpipe(near).pause()
      }
    },
    thaw() {
      frozen = false
      for (const pair of pairs) pair.forEach((s) => void s.destroy())
    },
    hold() {
      for (const [near, far] of pairs) far.unpipe(near).pause()
    },
    held: () => [...pairs].reduce((bytes, [, far]) => bytes + far.readableLength, 0),
    release() {
      for (const [near, far] of pairs) far.pipe(near)
    },
    statements() {
      const seen = texts
      texts = []
      return seen
    },
    close: () => void server.close(),
  }
}

/**
 * Frames of the protocol's client side: the first has no type, `Q` carries a statement, `P` names one and `B` runs one
 * that was named before (PostgreSQL manual 55.7).
 */
function statementReader(found: (text: string) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  let started = false
  const named = new Map<string, string>()
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      const typed = started ? 1 : 0
      if (rest.length < typed + 4) return
      const length = rest.readUInt32BE(typed) + typed
      if (rest.length < length) return
      const type = started ? String.fromCharCode(rest[0] ?? 0) : ''
      const body = rest.subarray(typed + 4, length)
      if (type === 'Q') found(textUntilNul(body, 0))
      const second = body.indexOf(0) + 1
      if (type === 'P') named.set(textUntilNul(body, 0), textUntilNul(body, second))
      if (type === 'B') found(named.get(textUntilNul(body, second)) ?? '')
      started = true
      rest = rest.subarray(length)
    }
  }
}

const textUntilNul = (bytes: Buffer, from: number): string => bytes.toString('utf8', from, bytes.indexOf(0, from))
