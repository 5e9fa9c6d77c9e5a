/** Integration status: facts only; the page words them. */

/** Each item of the checklist ticks itself from facts. */
export const checklist = [
  'both_factors',
  'api_user_on',
  'whitelist_on',
  'credentials_generated',
  'first_call_accepted',
] as const
export type ChecklistItem = (typeof checklist)[number]

/** Something that needs somebody, the worst first. */
export type News =
  | { kind: 'suspended'; since: Date; reason: string | null }
  | { kind: 'waiting_for_activation'; since: Date }
  | { kind: 'discarded_used'; publicId: string; at: Date; address: string }
  | { kind: 'address_refused'; address: string; calls: number; since: Date; requestId: string }
  | { kind: 'api_user_off'; refused: number }
  | { kind: 'whitelist_empty'; refused: number }
  | { kind: 'unconfirmed_pair'; publicId: string; firstUsedAt: Date }
  | { kind: 'pending_pair'; publicId: string; pendingUntil: Date }
  | { kind: 'overlap_running'; publicId: string; endsAt: Date; hostsLastHour: number }
  | { kind: 'whitelist_off' }

/** How bad each kind of news is: the page's headline takes the worst. */
export const severity: Record<News['kind'], 'stop' | 'warn' | 'retiring' | 'wait'> = {
  suspended: 'stop',
  discarded_used: 'stop',
  address_refused: 'stop',
  whitelist_empty: 'stop',
  waiting_for_activation: 'wait',
  api_user_off: 'stop',
  unconfirmed_pair: 'warn',
  pending_pair: 'wait',
  overlap_running: 'retiring',
  whitelist_off: 'warn',
}

export type Status = {
  news: News[]
  checklist: { item: ChecklistItem; done: boolean }[]
  apiUserOn: boolean
  whitelist: { state: 'on' | 'off'; entries: number }
  /** Addresses are shortened for Members. */
  lastRequest: { at: Date; verdict: 'accepted' | 'refused'; address: string } | null
  /** The last 24 hours, one column an hour, oldest first. */
  hours: { from: Date; accepted: number; refused: number }[]
  accepted: number
  refused: { reason: string; calls: number }[]
}
