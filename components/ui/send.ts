import { unstable_rethrow } from 'next/navigation'

/** No answer arrived: nobody knows whether it was done. */
export type Lost = { ok: false; error: 'lost'; retryAt?: Date }

/** Calls an action; an answer that never arrives is a refusal of its own. */
export async function send<R>(call: () => Promise<R>): Promise<R | Lost> {
  try {
    return await call()
  } catch (error) {
    unstable_rethrow(error)
    return { ok: false, error: 'lost' }
  }
}
