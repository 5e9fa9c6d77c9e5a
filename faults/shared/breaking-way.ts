import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * A way to the owner's socket that can break at a COMMIT: `before` the database has it, `after` the database has
 * answered and before the client knows. What happens then is the caller's doing: cutting the connection, killing the
 * client, killing the database.
 */
export type Break = {
  at: 'before' | 'after'
  /** Only transactions in which such a statement stood. */
  having?: string
  /** Called at that moment; the connection is cut when it returns. */
  strike: () => void
}

export type BreakingWay = {
  url: string
  /** The next COMMIT that fits breaks; one at a time. */
  arm(next: Break): void
  disarm(): void
  armed(): boolean
  close(): Promise<void>
}

/** @param socketPath of the embedded database; it may come and go */
export async function breakingWay(socketPath: string): Promise<BreakingWay> {
  let next: Break | null = null
  const open = new Set<Socket>()
  const server: Server = createServer((client) => {
    const database = connect(socketPath)
    let statements = ''
    for (const socket of [client, database]) {
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        client.destroy()
        database.destroy()
      })
    }
    const cut = (due: Break) => {
      next = null
      due.strike()
      client.destroy()
      database.destroy()
    }
    let waiting: Break | null = null
    database.on('data', (chunk) => {
      if (waiting) cut(waiting)
      else client.write(chunk)
    })
    client.on('data', (chunk) => {
      const text = chunk.toString('latin1').toLowerCase()
      statements = (statements + text).slice(-20_000)
      if (!text.includes('commit\0')) {
        if (text.includes('begin\0')) statements = text
        database.write(chunk)
        return
      }
      const due = next && (!next.having || statements.includes(next.having)) ? next : null
      statements = ''
      if (due?.at === 'before') return cut(due)
      if (due) {
        next = null
        waiting = due
      }
      database.write(chunk)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  return {
    url: `postgres://gatehouse@127.0.0.1:${port}/gatehouse`,
    arm(wanted) {
      next = wanted
    },
    disarm() {
      next = null
    },
    armed: () => next !== null,
    close: () => {
      for (const socket of open) socket.destroy()
      return new Promise((done) => server.close(() => done()))
    },
  }
}
