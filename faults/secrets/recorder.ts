import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { decoded } from './decode'

/** One request and its answer as they passed, bodies decoded. */
export type Exchange = {
  /** Whose listener: `console`, `gate`, `internal`, `upstream`. */
  of: string
  method: string
  url: string
  requestHead: string
  requestBody: Buffer
  status: number
  responseHead: string
  responseBody: Buffer
}

export type Recorder = { url: string; exchanges: Exchange[]; stop(): Promise<void> }

/** Stands before a listener and keeps everything that passes. @param port its target on loopback */
export async function recordHttp(of: string, port: () => number): Promise<Recorder> {
  const exchanges: Exchange[] = []
  const server = http.createServer({ maxHeaderSize: 128 * 1024 }, (req, res) => hand(req, res, of, port(), exchanges))
  server.maxHeadersCount = 0
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exchanges,
    stop() {
      const closed = new Promise<void>((done) => server.close(() => done()))
      server.closeAllConnections()
      return closed
    },
  }
}

function hand(req: IncomingMessage, res: ServerResponse, of: string, port: number, exchanges: Exchange[]): void {
  const { method = '', url = '', rawHeaders } = req
  const exchange: Exchange = {
    of,
    method,
    url,
    requestHead: `${method} ${url}\n${headText(rawHeaders)}`,
    requestBody: Buffer.alloc(0),
    status: 0,
    responseHead: '',
    responseBody: Buffer.alloc(0),
  }
  exchanges.push(exchange)
  const sent: Buffer[] = []
  req.on('data', (chunk: Buffer) => {
    sent.push(chunk)
    exchange.requestBody = Buffer.concat(sent)
  })
  const onward = http.request({ host: '127.0.0.1', port, method, path: url, headers: rawHeaders, agent: false })
  onward.on('response', (answer) => {
    exchange.status = answer.statusCode ?? 0
    exchange.responseHead = `${exchange.status}\n${headText(answer.rawHeaders)}`
    const received: Buffer[] = []
    answer.on('data', (chunk: Buffer) => received.push(chunk))
    answer.on('close', () => {
      exchange.responseBody = decoded(Buffer.concat(received), answer.headers['content-encoding'])
    })
    res.writeHead(exchange.status, answer.rawHeaders)
    answer.pipe(res)
    answer.on('error', () => res.destroy())
  })
  // As without us: a listener that hangs up is a connection that ends.
  onward.on('error', () => res.destroy())
  res.on('close', () => onward.destroy())
  req.pipe(onward)
}

function headText(raw: readonly string[]): string {
  const lines: string[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) lines.push(`${raw[i]}: ${raw[i + 1]}`)
  return lines.join('\n')
}

export type Wire = {
  port: number
  /** What clients sent and what they were answered, each in the order of arrival. */
  sent(): Buffer
  received(): Buffer
  stop(): Promise<void>
}

/** The same for any protocol, byte by byte. @param target a port on loopback or the path of a Unix socket */
export async function recordBytes(target: () => number | string): Promise<Wire> {
  const sent: Buffer[] = []
  const received: Buffer[] = []
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const to = target()
    const server = typeof to === 'string' ? connect(to) : connect(to, '127.0.0.1')
    for (const socket of [client, server]) {
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        client.destroy()
        server.destroy()
      })
    }
    client.on('data', (chunk) => sent.push(chunk))
    server.on('data', (chunk) => received.push(chunk))
    client.pipe(server)
    server.pipe(client)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    port: (server.address() as AddressInfo).port,
    sent: () => Buffer.concat(sent),
    received: () => Buffer.concat(received),
    stop() {
      for (const socket of open) socket.destroy()
      return new Promise((done) => server.close(() => done()))
    },
  }
}
