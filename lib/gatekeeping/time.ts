import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds that only ever grow, whatever the host's wall clock does. */
export const monotonicMs = (): number => performance.now()

/** The answer, or a rejection when it takes longer. The work itself is not stopped. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const timer = new AbortController()
  const late = sleep(ms, undefined, { signal: timer.signal, ref: false }).then(() => {
    throw new Error(`no answer within ${ms} ms`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    timer.abort()
    late.catch(() => {})
  }
}
