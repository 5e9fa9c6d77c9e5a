import { hash, parseOptions, verify } from '@node-rs/argon2'

/** Argon2id, 19 MiB, 2 passes (OWASP Password Storage Cheat Sheet). The library's default algorithm is argon2id. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** At most this many hashes at once: a flood of sign-ins queues here and does not eat the machine. */
const LANES = 4
const MAX_WAITING = 200

let running = 0
const waiting: (() => void)[] = []

/** Too many passwords are being checked at this moment: nothing was looked at. */
export class Busy extends Error {}

/** When trying again can help after `Busy`: a full queue is worked off by then. */
export const BUSY_MS = 5_000

async function inLane<T>(work: () => Promise<T>): Promise<T> {
  if (running >= LANES) {
    if (waiting.length >= MAX_WAITING) throw new Busy('too many password checks at once')
    await new Promise<void>((resolve) => waiting.push(resolve))
  } else running++
  try {
    return await work()
  } finally {
    // The place is handed over: nobody who comes in between takes it as well.
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}

/** A password is taken exactly as typed, in Unicode NFC (NIST SP 800-63B 3.1.1.2). */
const typed = (plain: string): string => plain.normalize('NFC')

export const hashPassword = (plain: string): Promise<string> => inLane(() => hash(typed(plain), COST))

let dummy: Promise<string> | undefined

/**
 * Compares a password with a stored hash; without one it takes as long and says no, so that an unknown person and
 * a wrong password answer alike. A malformed stored hash says no.
 */
export async function verifyPassword(plain: string, stored: string | null): Promise<boolean> {
  // Not in a lane: made once, and a flood must not refuse it for good.
  dummy ??= hash('nobody has this password', COST)
  const against = stored ?? (await dummy)
  const matches = await inLane(() => verify(against, typed(plain)).catch(() => false))
  return stored !== null && matches
}

/** Whether a hash was made with older parameters and should be made anew at the next good sign-in. */
export function needsRehash(stored: string): boolean {
  try {
    const o = parseOptions(stored)
    return o.memoryCost !== COST.memoryCost || o.timeCost !== COST.timeCost || o.parallelism !== COST.parallelism
  } catch {
    return true
  }
}
