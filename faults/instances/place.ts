import { readFileSync } from 'node:fs'
import { eq, sql } from 'drizzle-orm'
import { encode } from 'next-auth/jwt'
import { connect, type Db } from '@/db/client'
import { person } from '@/db/schema'
import { demoSecrets } from '@/demo/shared/state'
import { startSession } from '@/lib/access/sessions'
import type { Installation } from '@/lib/context'
import { keyFile, readEnv } from '@/lib/env'
import { type DatabaseFront, databaseFront } from '@/testing/database-front'
import { type Instances, startInstances } from '@/testing/instances'
import { type Postgres, startPostgres } from '@/testing/postgres'

/** A durable PostgreSQL, the whole product twice on it, and our own way to its database. */
export type Place = {
  postgres: Postgres
  site: Instances
  /** The way of everything but the second gate to the database, and the second gate's own. */
  fronts: { main: DatabaseFront; second: DatabaseFront }
  db: Db
  installation: Installation
  /** Status and milliseconds of a page that reads the database, from one console, as a signed-in person. */
  page(console: 0 | 1): Promise<{ status: number; ms: number }>
  /** Milliseconds until a console says that its database is away; whoever asked before it knew may wait meanwhile. */
  saysAway(): Promise<number>
  /** Programs that have ended, by name: none ever should. */
  dead(): string[]
  stop(): Promise<void>
}

export async function openPlace(): Promise<Place> {
  const postgres = await startPostgres({ durable: true })
  const fronts = { main: await databaseFront(postgres.socket), second: await databaseFront(postgres.socket) }
  const site = await startInstances({
    databaseUrl: fronts.main.url,
    gateDatabases: [fronts.main.url, fronts.second.url],
  })
  const db = connect(fronts.main.url, { max: 8, queryMs: 20_000 })
  const env = readEnv('demo', site.env)
  const cookie = await sessionCookie(db, site.dataDir)
  const parts = { console: site.consoles, gate: site.gates, dispatcher: [site.dispatcher] }
  async function page(console: 0 | 1): Promise<{ status: number; ms: number }> {
    const began = performance.now()
    const headers = { cookie, accept: 'text/html', host: new URL(site.front.url).host }
    const url = `http://127.0.0.1:${site.front.ports[console]}/m/harbour-vale/access/staff`
    const answer = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(60_000) })
    const text = await answer.text()
    // The frame is sent before what fails inside it: only a page with its content is one.
    const status = answer.status === 200 && !text.includes('ingrid@harbour-vale.example') ? 500 : answer.status
    return { status, ms: performance.now() - began }
  }
  return {
    postgres,
    site,
    fronts,
    db,
    page,
    async saysAway() {
      const began = performance.now()
      let said = Number.POSITIVE_INFINITY
      while (said === Number.POSITIVE_INFINITY && performance.now() - began < 20_000) {
        page(0).then(
          ({ status }) => {
            if (status === 503) said = Math.min(said, performance.now() - began)
          },
          () => {},
        )
        await new Promise((resolve) => setTimeout(resolve, 250))
      }
      return said
    },
    installation: {
      environment: 'test',
      demo: true,
      insecure: false,
      keys: { tag: env.tagKey, totp: env.totpKeys },
    },
    dead: () =>
      Object.entries(parts).flatMap(([name, all]) =>
        all.flatMap(({ process }, at) =>
          process.exitCode === null && !process.signalCode ? [] : [`${name} ${at + 1}`],
        ),
      ),
    async stop() {
      await db.$client.end().catch(() => {})
      await site.stop()
      await fronts.main.stop()
      await fronts.second.stop()
      await postgres.stop()
    },
  }
}

/** What a browser holds after the sign-in, made as `app/session.ts` makes it. */
async function sessionCookie(db: Db, dataDir: string): Promise<string> {
  const [owner] = demoSecrets(dataDir).merchants[0].people.filter(({ role }) => role === 'owner')
  const [row] = await db
    .select({ id: person.id })
    .from(person)
    .where(eq(person.email, owner?.email ?? ''))
  if (!row) throw new Error('the demo has no owner')
  const visit = { now: await databaseNow(db), address: '127.0.0.1', userAgent: 'faults' }
  const { token } = await startSession(db, row.id, visit)
  const secret = readFileSync(keyFile(dataDir, 'NEXTAUTH_SECRET'), 'utf8').trim()
  return `__Host-gatehouse-session=${await encode({ token: { sid: token }, secret, maxAge: 3600 })}`
}

export async function databaseNow(db: Db): Promise<Date> {
  const { rows } = await db.execute<{ ms: number }>(
    sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`,
  )
  return new Date(Math.floor(Number(rows[0]?.ms)))
}
