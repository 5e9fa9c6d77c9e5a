import type { audit } from '@/db/schema'

/** What a merchant's audit trail says that its tables must hold. */
export type AuditRow = Pick<typeof audit.$inferSelect, 'action' | 'at' | 'subject' | 'detail'>
export type ExpectedGeneration = {
  state: 'open' | 'current' | 'retiring' | 'discarded' | 'revoked'
  retiresAt: Date | null
}
export type Expected = {
  on: boolean
  moneyOut: boolean
  whitelist: { state: 'on' | 'off'; version: number; ranges: Set<string> }
  generations: Map<string, ExpectedGeneration>
}

const DAY_MS = 86_400_000

/**
 * Makes the state of a merchant from its audit rows alone. Deliberately another program than the verbs that wrote
 * them: where the two disagree, a change has no row, or a row has no change.
 * @param now what the clock has ended by then counts as ended
 */
export function replay(rows: readonly AuditRow[], now: Date): Expected {
  const made: Expected = {
    on: false,
    moneyOut: false,
    whitelist: { state: 'off', version: 0, ranges: new Set() },
    generations: new Map(),
  }
  const { whitelist, generations } = made
  const those = (...states: ExpectedGeneration['state'][]) =>
    [...generations.values()].filter((g) => states.includes(g.state))
  const end = (g: ExpectedGeneration | undefined, state: 'discarded' | 'revoked') => {
    if (g) g.state = state
  }
  const ranges = (value: unknown): string[] => (Array.isArray(value) ? value : [])

  for (const { action, at, subject, detail } of rows) {
    const own = subject === null ? undefined : generations.get(subject)
    settle(generations, at)
    switch (action) {
      case 'credential.regenerated':
        if (subject) generations.set(subject, { state: 'open', retiresAt: null })
        break
      case 'credential.replaced':
      case 'credential.discarded':
        end(own, 'discarded')
        break
      case 'credential.leak_ended':
        for (const g of those('current', 'retiring')) end(g, 'revoked')
        for (const g of those('open')) end(g, 'discarded')
        break
      case 'credential.acknowledged': {
        const [old] = those('current')
        const endsAt = typeof detail['oldEndsAt'] === 'string' ? new Date(detail['oldEndsAt']) : null
        if (old && endsAt) Object.assign(old, { state: endsAt > at ? 'retiring' : 'revoked', retiresAt: endsAt })
        if (own) own.state = 'current'
        break
      }
      case 'credential.overlap_ended':
        end(own, 'revoked')
        break
      case 'credential.overlap_shortened':
        if (own) own.retiresAt = new Date(String(detail['endsAt']))
        break
      case 'api_user.switched_on':
      case 'api_user.switched_off':
        made.on = action === 'api_user.switched_on'
        break
      case 'money_out.allowed': {
        made.moneyOut = true
        const latest = new Date(at.getTime() + DAY_MS)
        for (const g of those('retiring')) if (g.retiresAt && g.retiresAt > latest) g.retiresAt = latest
        break
      }
      case 'money_out.forbidden':
        made.moneyOut = false
        break
      case 'whitelist.changed':
        for (const range of ranges(detail['removed'])) whitelist.ranges.delete(range)
        for (const range of ranges(detail['added'])) whitelist.ranges.add(range)
        whitelist.state = detail['on'] === true ? 'on' : 'off'
        whitelist.version += 1
        break
      case 'whitelist.turned_on':
      case 'whitelist.turned_off':
        whitelist.state = action === 'whitelist.turned_on' ? 'on' : 'off'
        whitelist.version += 1
        break
    }
  }
  settle(generations, now)
  return made
}

/** An overlap that has run out by then. */
function settle(generations: Expected['generations'], at: Date): void {
  for (const g of generations.values()) {
    if (g.state === 'retiring' && g.retiresAt && g.retiresAt <= at) g.state = 'revoked'
  }
}
