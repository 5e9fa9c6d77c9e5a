import { type Db, type Tx, transact } from '@/db/client'
import type { Err, Result } from './result'

/** Carries a refusal out of the transaction, which rolls back. */
class Refused extends Error {
  constructor(readonly refusal: Err<string>) {
    super('refused')
  }
}

/** A transaction whose refusal undoes everything it did: what is refused has not happened. */
export async function refusable<T, E extends string>(
  db: Db,
  work: (tx: Tx) => Promise<Result<T, E>>,
): Promise<Result<T, E>> {
  try {
    return await transact(db, async (tx) => {
      const result = await work(tx)
      if (!result.ok) throw new Refused(result)
      return result
    })
  } catch (e) {
    if (e instanceof Refused) return e.refusal as Err<E>
    throw e
  }
}
