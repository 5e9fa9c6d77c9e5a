import type { Db } from '@/db/client'
import type { MerchantState, Role } from './access/model'
import type { Environment } from './secrets/format'
import type { ConsoleKeys } from './secrets/keys'

/** A signed-in person inside one merchant, read from the database for this request. */
export type Actor = {
  personId: string
  sessionId: string
  merchantId: string
  merchantName: string
  merchantState: MerchantState
  role: Role
  name: string
  email: string
}

/** What an installation is: the same for every request of a process. */
export type Installation = {
  environment: Environment
  demo: boolean
  /** The console is reached over plain http that is not loopback: cookies and secrets can be read on the way. */
  insecure: boolean
  keys: ConsoleKeys
}

/** Everything a verb may depend on. Only `app/session.ts` hands one out, so a verb cannot run unauthenticated. */
export type Ctx = {
  db: Db
  installation: Installation
  actor: Actor
  now: Date
  /** The caller's address, resolved by `lib/net/client-address`. */
  address: string
  userAgent: string
}

/** Where nobody is signed in yet, or a person acts on their own sign-in. */
export type Visit = Omit<Ctx, 'actor'>

/** A person's own settings: no merchant. */
export type PersonCtx = Visit & { person: { id: string; sessionId: string; name: string; email: string } }
