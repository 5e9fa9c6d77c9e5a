import { expect, test } from 'vitest'
import type { Db } from '@/db/client'
import { type LogEntry, requestLogWriter } from './request-log'

/** A database that takes nothing, so that the queue fills. */
const silent = { execute: () => Promise.reject(new Error('silent')) } as unknown as Db

test('strangers cannot push what a holder of a secret did out of the log', async () => {
  const log = requestLogWriter(silent)
  const entry = (proven: boolean) => ({ proven, checks: [], hops: [] }) as unknown as LogEntry
  for (let i = 0; i < 60_000; i++) log.add(entry(false))
  const strangers = log.queued()
  expect(log.dropped()).toBeGreaterThan(0)
  log.add(entry(true))
  expect(log.queued()).toBe(strangers + 1)
  await log.stop()
})
