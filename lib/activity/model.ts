/** The audit trail as a screen sees it. */
export const auditActions = [
  'person.signed_in',
  'person.signed_out',
  'person.session_ended',
  'person.password_changed',
  'person.factor_enrolled',
  'person.factor_replaced',
  'person.step_up_failed',
  'credential.regenerated',
  'credential.acknowledged',
  'credential.discarded',
  'credential.replaced',
  'credential.leak_ended',
  'credential.overlap_ended',
  'credential.overlap_shortened',
  'api_user.switched_on',
  'api_user.switched_off',
  'money_out.allowed',
  'money_out.forbidden',
  'whitelist.changed',
  'whitelist.turned_off',
  'whitelist.turned_on',
  'merchant.created',
  'staff.added',
  'wallet.added',
  'merchant.activated',
  'merchant.suspended',
  'access.refused',
] as const
export type AuditAction = (typeof auditActions)[number]

export type ActivityEntry = {
  chain: string
  seq: number
  at: Date
  action: AuditAction
  result: 'ok' | 'refused'
  actorKind: 'person' | 'operator' | 'system'
  /** Name and e-mail, or what stands for an erased or unknown person. */
  actor: string
  address: string | null
  subject: string | null
  detail: Record<string, string | number | boolean | null | string[]>
  /** First 8 hex of the entry's hash in the chain. */
  hash: string
}

export type ActivityPage = { entries: ActivityEntry[]; newer: string | null; older: string | null }
export type ActivityFilter = { action?: AuditAction; personId?: string; cursor?: string; direction?: 'older' | 'newer' }
