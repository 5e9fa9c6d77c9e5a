import { and, eq, isNull } from 'drizzle-orm'
import type { Tx } from '@/db/client'
import { person, session } from '@/db/schema'
import type { PersonCtx } from '@/lib/context'
import { refusable } from '@/lib/refusable'
import { err, type Result } from '@/lib/result'

/**
 * The one way people change how they sign in: one transaction in which the person is locked first, so that two such
 * changes wait for each other, and the session is read again. One that was ended meanwhile changes nothing more.
 *
 * Whoever ends sessions in here does so before spending a code or clearing tries: `change` holds its session when it
 * asks for those, and two that ask in different order would wait for each other.
 */
export async function ownChange<T, E extends string>(
  ctx: PersonCtx,
  make: (tx: Tx) => Promise<Result<T, E>>,
): Promise<Result<T, E | 'signed_out'>> {
  return refusable<T, E | 'signed_out'>(ctx.db, async (tx) => {
    await lockPerson(tx, ctx.person.id)
    const [own] = await tx
      .select({ id: session.id })
      .from(session)
      .where(and(eq(session.id, ctx.person.sessionId), isNull(session.endedAt)))
      .for('share')
    return own ? make(tx) : err('signed_out')
  })
}

/** @returns the password hash as it stands once nobody else can change it; null for nobody */
export async function lockPerson(tx: Tx, personId: string): Promise<string | null> {
  const [row] = await tx
    .select({ hash: person.passwordHash })
    .from(person)
    .where(eq(person.id, personId))
    .for('no key update')
  return row?.hash ?? null
}
