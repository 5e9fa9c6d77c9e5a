import { randomFillSync } from 'node:crypto'

const POOL = 4096
const pool = Buffer.alloc(POOL)
let used = POOL

/** A new request id: UUIDv7 (RFC 9562 5.7) as 32 lower-case hex without dashes. */
export function mintRequestId(at: Date): string {
  if (used + 10 > POOL) {
    randomFillSync(pool)
    used = 0
  }
  const random = pool.toString('hex', used, used + 10)
  used += 10
  const variant = ((Number.parseInt(random[3] as string, 16) & 3) | 8).toString(16)
  return `${at.getTime().toString(16).padStart(12, '0')}7${random.slice(0, 3)}${variant}${random.slice(4, 19)}`
}
