import net from 'node:net'

/**
 * One address for a database that moves: what a virtual address, a pooler or a name service is in production.
 * Connections that are open stay with the server they reached, as they do there, until somebody cuts them.
 */
export type DatabaseFront = {
  url: string
  /** New connections go to this Unix socket from now on; null: nobody answers them. */
  use(socket: string | null): void
  /** Ends every connection, as a fence or a restarted pooler does. */
  cut(): void
  stop(): Promise<void>
}

export async function databaseFront(first: string): Promise<DatabaseFront> {
  let target: string | null = first
  const open = new Set<net.Socket>()
  const server = net.createServer((client) => {
    open.add(client)
    client.on('close', () => open.delete(client))
    client.on('error', () => {})
    if (target === null) return
    const onward = net.connect(target)
    onward.on('error', () => client.destroy())
    client.on('close', () => onward.destroy())
    onward.on('close', () => client.destroy())
    client.pipe(onward).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  const cut = () => {
    for (const client of open) client.destroy()
  }
  return {
    url: `postgres://gatehouse@127.0.0.1:${port}/gatehouse`,
    use(socket) {
      target = socket
    },
    cut,
    stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      cut()
      return closed
    },
  }
}
