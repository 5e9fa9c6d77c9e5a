import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Ports of the loopback address that nobody has, below those the system gives to outgoing connections: a program that
 * is down for a moment finds its own free again.
 */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = []
  while (found.length < count) {
    const port = randomInt(15_000, 32_000)
    if (!found.includes(port) && (await isFree(port))) found.push(port)
  }
  return found
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
