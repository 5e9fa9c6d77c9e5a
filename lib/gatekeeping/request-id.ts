import { randomFillSync } from 'node:crypto'

const POOL = 8192
const RANDOM = 10
const pool = Buffer.alloc(POOL)
let used = POOL
let lastMs = 0
let lastPrefix = ''

/** A new request id: UUIDv7 (RFC 9562 5.7) as 32 lower-case hex without dashes. */
export function mintRequestId(at: Date): string {
  if (used + RANDOM > POOL) {
    randomFillSync(pool)
    used = 0
  }
  const ms = at.getTime()
  if (ms !== lastMs) {
    lastMs = ms
    lastPrefix = ms.toString(16).padStart(12, '0')
  }
  pool[used] = ((pool[used] as number) & 0x0f) | 0x70
  pool[used + 2] = ((pool[used + 2] as number) & 0x3f) | 0x80
  used += RANDOM
  return lastPrefix + pool.toString('hex', used - RANDOM, used)
}
