import { sql } from 'drizzle-orm'
import { createTransport } from 'nodemailer'
import { connect, type Db } from '@/db/client'
import { forgetOldSessions } from '@/lib/access/sessions'
import { databaseClock } from '@/lib/clock'
import { tidyGenerations } from '@/lib/credentials/tidy'
import { readEnv } from '@/lib/env'
import { verifyInstallation } from '@/lib/installation'
import { faultOf, log } from '@/lib/log'
import { deliverDue, type Send } from '@/lib/mail/deliver'
import { forgetOld } from '@/lib/retention'
import { proveGateKeys } from '@/lib/secrets/known-keys'
import { ready, run, stopWith } from './shared/process'

/** Everything that happens by itself: mails, the heartbeat, partitions ahead of time, tidying up. Any number may run. */
type Chore = { name: string; everyMs: number; work: (db: Db, now: Date) => Promise<void> }

/** What has to happen now and then, whoever asks for it; each may run in several dispatchers at once. */
const chores: Chore[] = [
  {
    name: 'heartbeat',
    everyMs: 500,
    work: async (db) => {
      await db.execute(sql`select dispatcher_heartbeat()`)
    },
  },
  { name: 'generations', everyMs: 1000, work: tidyGenerations },
  { name: 'old-sessions', everyMs: 3_600_000, work: forgetOldSessions },
  { name: 'retention', everyMs: 3_600_000, work: forgetOld },
  {
    name: 'partitions',
    everyMs: 3_600_000,
    work: async (db) => {
      await db.execute(sql`select ensure_next_partitions()`)
    },
  },
]

run(async () => {
  const env = readEnv('dispatcher')
  const db = connect(env.databaseUrl, { max: 3 })
  await verifyInstallation(db, { environment: env.gatehouseEnv, demo: env.gatehouseDemo })
  await proveGateKeys(db, env.gatePrivateKeys)
  const clock = databaseClock(db)
  await clock.refresh()
  clock.start()
  const all = env.smtpUrl ? [...chores, mails(mailServer(env.smtpUrl, env.mailFrom))] : chores
  if (!env.smtpUrl) log('warn', 'mail.waits', { because: 'SMTP_URL is not set' })
  const stops = all.map((chore) => repeat(chore, db, () => clock.now()))
  stopWith(async () => {
    await Promise.all(stops.map((stop) => stop()))
    clock.stop()
    await db.$client.end()
  })
  ready('dispatcher')
})

const mails = (send: Send): Chore => ({
  name: 'mail',
  everyMs: 1000,
  work: async (db, now) => {
    const { sent, failed } = await deliverDue(db, now, send)
    if (sent + failed > 0) log('info', 'mail.sent', { sent, failed })
  },
})

/** Runs a chore again and again, never twice at once. A failure is logged and the next turn tries again. */
function repeat(chore: Chore, db: Db, now: () => Date): () => Promise<void> {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let turn: Promise<void> = Promise.resolve()
  const next = () => {
    turn = chore
      .work(db, now())
      .catch((error: unknown) => log('error', 'chore.failed', { chore: chore.name, ...faultOf(error) }))
      .then(() => {
        if (!stopped) timer = setTimeout(next, chore.everyMs)
      })
  }
  next()
  return () => {
    stopped = true
    clearTimeout(timer)
    return turn
  }
}

function mailServer(url: string, from: string): Send {
  const transport = createTransport({ url, connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 })
  return async ({ to, subject, text, html, id }) => {
    await transport.sendMail({
      from,
      // An object, so that no address is parsed out of a text.
      to: { name: '', address: to },
      subject,
      text,
      html,
      messageId: `<${id}@gatehouse>`,
      disableFileAccess: true,
      disableUrlAccess: true,
    })
  }
}
