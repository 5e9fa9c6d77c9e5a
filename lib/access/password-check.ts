import type { Queryable } from '@/db/client'
import { Busy, hashPassword, verifyPassword } from '@/lib/secrets/password'
import { giveBack } from './attempts'

/**
 * Whether the password is right, or `busy` where too many are being checked: then nothing was looked at, and the tries
 * that were taken from the lanes are given back.
 */
export const checkPassword = (
  db: Queryable,
  lanes: readonly string[],
  given: string,
  stored: string | null,
): Promise<boolean | 'busy'> => unlessBusy(db, lanes, verifyPassword(given, stored))

/** The hash of a new password, or `busy`, as above. */
export const newHash = (db: Queryable, lanes: readonly string[], plain: string): Promise<{ hash: string } | 'busy'> =>
  unlessBusy(
    db,
    lanes,
    hashPassword(plain).then((hash) => ({ hash })),
  )

async function unlessBusy<T>(db: Queryable, lanes: readonly string[], work: Promise<T>): Promise<T | 'busy'> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof Busy)) throw error
    for (const lane of lanes) await giveBack(db, lane)
    return 'busy'
  }
}
