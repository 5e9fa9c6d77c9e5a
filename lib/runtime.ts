import type { Db } from '@/db/client'
import type { Clock } from './clock'
import type { Installation } from './context'

/** What `bin/console.ts` builds once and the pages and actions of the same process share. */
export type ConsoleRuntime = {
  db: Db
  clock: Clock
  installation: Installation
  /** The one origin that may change anything, and what links in mails begin with. */
  consoleUrl: string
  /** Addresses integrators call; the first is shown. */
  gateUrls: string[]
  /** Encrypts the session cookie. */
  sessionSecret: string
  /** `__Host-` cookies: https, or plain http on loopback. */
  secureCookies: boolean
}

const place = Symbol.for('gatehouse.runtime')
type Holder = { [place]?: ConsoleRuntime }

/** The framework bundles its own copy of modules: only `globalThis` is shared with the server that started it. */
export function setRuntime(runtime: ConsoleRuntime): void {
  ;(globalThis as Holder)[place] = runtime
}

export function runtime(): ConsoleRuntime {
  const found = (globalThis as Holder)[place]
  if (!found) throw new Error('the console was not started by bin/console')
  return found
}
