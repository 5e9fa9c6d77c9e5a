import type { Server as HttpServer } from 'node:http'
import { createServer, type Server } from 'node:net'

/** A port that somebody else has. Never the next number: Hawk signatures and cookies depend on it. */
export class PortInUse extends Error {
  constructor(port: number, name: string) {
    super(`port ${port} is in use: stop what listens there, or set ${name} to another port`)
  }
}

/**
 * Listens on each address with a server of its own.
 * @param name the variable that sets the port, for the error
 * @returns the servers; where a host has no IPv6, one fewer
 */
export async function listenOn<S extends Server>(
  make: () => S,
  { addresses, port, name }: { addresses: readonly string[]; port: number; name: string },
): Promise<S[]> {
  const servers: S[] = []
  let missing: NodeJS.ErrnoException | undefined
  for (const address of addresses) {
    const server = make()
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ port, host: address, exclusive: true }, () => {
          server.off('error', reject)
          resolve()
        })
      })
      servers.push(server)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EADDRINUSE') throw new PortInUse(port, name)
      if (code !== 'EADDRNOTAVAIL' && code !== 'EAFNOSUPPORT') throw error
      missing = error as NodeJS.ErrnoException
    }
  }
  if (servers.length === 0) throw missing ?? new Error(`${name}: no address to listen on`)
  return servers
}

/** Lets answers that are under way finish, cuts what is left at the deadline. Streams are never cut before it. */
export async function drain(servers: readonly HttpServer[], deadlineMs = 8000): Promise<void> {
  const closed = servers.map((server) => new Promise<void>((done) => server.close(() => done())))
  const idle = setInterval(() => {
    for (const server of servers) server.closeIdleConnections()
  }, 250)
  const deadline = setTimeout(() => {
    for (const server of servers) server.closeAllConnections()
  }, deadlineMs)
  await Promise.all(closed)
  clearInterval(idle)
  clearTimeout(deadline)
}

/** Found out before anything is started, so that nothing has to be undone. */
export async function refuseBusyPorts(addresses: readonly string[], ports: Record<string, number>): Promise<void> {
  for (const [name, port] of Object.entries(ports)) {
    const servers = await listenOn(() => createServer(), { addresses, port, name })
    await Promise.all(servers.map((server) => new Promise<void>((done) => server.close(() => done()))))
  }
}
