import { and, eq, inArray } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import type { Queryable } from '@/db/client'
import { mail, membership, person } from '@/db/schema'
import type { Notice } from './model'

type Told = { notice: Notice; values: Record<string, string>; now: Date }

/** Tells one person. The row stands in the caller's transaction: no change without its mail, no mail without its change. */
export async function tellPerson(db: Queryable, personId: string, merchantId: string | null, told: Told) {
  const [row] = await db.select({ email: person.email }).from(person).where(eq(person.id, personId))
  if (row) await put(db, merchantId, [row.email], told)
}

/** Tells Root and every Owner of a merchant. */
export async function tellOwners(db: Queryable, merchantId: string, told: Told) {
  const rows = await db
    .select({ email: person.email })
    .from(membership)
    .innerJoin(person, eq(person.id, membership.personId))
    .where(
      and(
        eq(membership.merchantId, merchantId),
        eq(membership.state, 'active'),
        inArray(membership.role, ['root', 'owner']),
      ),
    )
  await put(
    db,
    merchantId,
    rows.map((r) => r.email),
    told,
  )
}

async function put(db: Queryable, merchantId: string | null, recipients: string[], { notice, values, now }: Told) {
  if (recipients.length === 0) return
  await db.insert(mail).values(
    recipients.map((recipient) => ({
      id: uuid(),
      merchantId,
      recipient,
      template: notice,
      values,
      createdAt: now,
      nextAt: now,
    })),
  )
}
