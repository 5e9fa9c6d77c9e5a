import type { GateHealth } from '@/lib/gatekeeping/gatekeeper'
import type { LogEntry } from '@/lib/gatekeeping/request-log'

/** What has been decided since the start, by verdict and reason. */
export type Counters = {
  count(entry: LogEntry): void
  /** Prometheus text format 0.0.4. */
  render(health: GateHealth, underWay: number): string
}

export function openCounters(): Counters {
  const decided = new Map<string, number>()
  return {
    count({ verdict, reason }) {
      const key = reason ?? verdict
      decided.set(key, (decided.get(key) ?? 0) + 1)
    },
    render(health, underWay) {
      const lines = ['# HELP gatehouse_requests_total Requests decided.', '# TYPE gatehouse_requests_total counter']
      for (const [key, n] of decided) {
        const labels = key === 'accepted' ? 'verdict="accepted"' : `verdict="refused",reason="${key}"`
        lines.push(`gatehouse_requests_total{${labels}} ${n}`)
      }
      for (const [name, help, value] of gauges(health, underWay)) {
        lines.push(`# HELP gatehouse_${name} ${help}`, `# TYPE gatehouse_${name} gauge`, `gatehouse_${name} ${value}`)
      }
      return `${lines.join('\n')}\n`
    },
  }
}

const gauges = (health: GateHealth, underWay: number): [string, string, number][] => [
  ['ready', '1 while the gate decides from what it knows to be current.', health.ready ? 1 : 0],
  ['known_age_milliseconds', 'Age of what is known of changes.', health.knownMs],
  ['listening', '1 while changes are pushed; 0: only polled.', health.listening ? 1 : 0],
  ['records', 'Credentials in memory.', health.remembered],
  ['record_misses', 'Records read from the database since the start.', health.misses],
  ['resident_bytes', 'Memory of this process.', process.memoryUsage.rss()],
  ['requests_under_way', 'Calls at the upstream now.', underWay],
  ['request_log_queued', 'Log entries waiting to be written.', health.logQueued],
  ['request_log_dropped', 'Log entries given up since the start.', health.logDropped],
  ['clock_skew_milliseconds', 'Clock of this host minus that of the database.', Math.round(health.clockSkewMs)],
]
