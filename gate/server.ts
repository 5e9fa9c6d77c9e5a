import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type GateHealth, type GateSettings, openGatekeeper } from '@/lib/gatekeeping/gatekeeper'
import { type Identifier, identifier } from '@/lib/gatekeeping/identity'
import type { Range } from '@/lib/whitelist/model'
import { openFlights } from './flights'
import { internalListener } from './internal'
import { openCounters } from './metrics'
import { type Patience, patience as preset } from './patience'
import { type Forward, upstream } from './proxy'
import { publicListener } from './public'
import { watchRoutes } from './routes-file'
import { refuse } from './voice'

export type Listen = { addresses: readonly string[]; port: number }

export type ServerSettings = GateSettings & {
  upstreamUrl: string
  upstreamSecret: Buffer
  routesFile: string
  proxies: readonly Range[]
  public: Listen
  internal: Listen
  /** How long the upstream may be silent, in ms. */
  upstreamSilenceMs: number
  /** Instead of the upstream: measurements end accepted calls at once. */
  forward?: Forward
  /** Instead of the preset: tests do not wait for minutes. */
  patience?: Partial<Patience>
}

export type Gate = {
  health(): GateHealth
  /** The ports in use; of several addresses all have the same. */
  publicPort: number
  internalPort: number
  /** Lets what is under way end, writes the log, closes everything. */
  stop(): Promise<void>
}

const DRAIN_MS = 10_000

/** Starts a gate. Throws when anything it needs is missing, wrong or taken. */
export async function startGate(settings: ServerSettings): Promise<Gate> {
  const routes = watchRoutes(settings.routesFile)
  const keeper = await openGatekeeper(settings)
  const flights = openFlights(keeper)
  const counters = openCounters()
  const identifyAt = identifier(settings.upstreamSecret, settings.issuer)
  const identify: Identifier = (record, sent, at) =>
    identifyAt(record, sent, new Date(at.getTime() - keeper.clock.shiftMs()))
  const onward = upstream(settings.upstreamUrl, identify, refuse, settings.upstreamSilenceMs)
  let draining = false

  const patience = { ...preset, ...settings.patience }
  const shared = { keeper, flights, counters, patience }
  const forward = settings.forward ?? onward.forward
  const { proxies, environment } = settings
  const publicOnes = await listenAll(settings.public, () =>
    publicListener({ ...shared, routes: routes.table, forward, proxies, environment }),
  )
  const internalOnes = await listenAll(settings.internal, () =>
    internalListener({ ...shared, draining: () => draining }),
  )

  return {
    health: keeper.health,
    publicPort: portOf(publicOnes[0]!),
    internalPort: portOf(internalOnes[0]!),
    async stop() {
      draining = true
      await Promise.all(publicOnes.map(drain))
      flights.stop()
      routes.stop()
      await keeper.stop()
      onward.close()
      await Promise.all(internalOnes.map(drain))
    },
  }
}

/** With port 0 the first address chooses, and the others follow. Where a host has no IPv6 there is one fewer. */
async function listenAll({ addresses, port }: Listen, make: () => Server): Promise<Server[]> {
  const servers: Server[] = []
  for (const address of addresses) {
    const server = remember(make())
    const wanted = servers[0] ? portOf(servers[0]) : port
    const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
      server.once('error', resolve)
      server.listen({ port: wanted, host: address, backlog: 1024 }, () => resolve(null))
    })
    if (!error) servers.push(server)
    else if (error.code !== 'EADDRNOTAVAIL' && error.code !== 'EAFNOSUPPORT') throw error
  }
  if (servers.length === 0) throw new Error(`none of these addresses is this host's: ${addresses.join(', ')}`)
  return servers
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

/** No new connection; idle ones end, busy ones after their answer, the rest at the deadline. */
async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const endIdle = () => {
    server.closeIdleConnections()
    // Node does not count a connection as idle that has not sent its first byte.
    for (const socket of connections.get(server) ?? []) if (socket.bytesRead === 0) socket.destroy()
  }
  endIdle()
  const idle = setInterval(endIdle, 100)
  const deadline = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
  await closed
  clearInterval(idle)
  clearTimeout(deadline)
}

const connections = new WeakMap<Server, Set<Socket>>()

function remember(server: Server): Server {
  const open = new Set<Socket>()
  connections.set(server, open)
  return server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
}
