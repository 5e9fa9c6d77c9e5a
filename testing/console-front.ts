import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Says which instance a request is for, by its place in the list; without it they take turns. */
export const INSTANCE_HEADER = 'x-instance'

/** What a load balancer without stickiness does: one address, each request to the next instance. */
export type ConsoleFront = { url: string; ports: number[]; stop(): Promise<void> }

/** @param ports of the instances; they may be filled in later */
export async function consoleFront(ports: number[]): Promise<ConsoleFront> {
  let turn = 0
  const server = http.createServer((req, res) => {
    const asked = req.headers[INSTANCE_HEADER]
    const at = asked === undefined ? turn++ : Number(asked)
    hand(req, res, ports[at % ports.length] ?? 0)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ports,
    stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
}

function hand(req: IncomingMessage, res: ServerResponse, port: number): void {
  const { method, url, headers } = req
  const onward = http.request({ host: '127.0.0.1', port, method, path: url, headers, agent: false }, (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
    answer.pipe(res)
  })
  onward.on('error', () => (res.headersSent ? res.destroy() : res.writeHead(502).end()))
  res.on('close', () => onward.destroy())
  req.pipe(onward)
}
