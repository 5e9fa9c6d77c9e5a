import type { ChangeRefusal, CodeRefusal } from '@/lib/access/model'
import type { Result } from '@/lib/result'

/** Credentials have generations: DESIGN.md section 4, CONTRACTS.md section 1. Pure, safe in a browser. */

export type GenerationState = 'pending' | 'active' | 'retiring' | 'unconfirmed' | 'discarded' | 'revoked'

/** The instants that decide a generation's state; a job may only tidy up what they already say. */
export type GenerationInstants = {
  pendingUntil: Date
  firstUsedAt: Date | null
  acknowledgedAt: Date | null
  retiresAt: Date | null
  revokedAt: Date | null
  discardedAt: Date | null
}

export function generationState(g: GenerationInstants, now: Date): GenerationState {
  if (g.discardedAt) return 'discarded'
  if (g.revokedAt && g.revokedAt <= now) return 'revoked'
  if (g.acknowledgedAt) {
    if (!g.retiresAt) return 'active'
    return g.retiresAt > now ? 'retiring' : 'revoked'
  }
  if (g.pendingUntil > now) return 'pending'
  return g.firstUsedAt ? 'unconfirmed' : 'discarded'
}

/** Whether a generation in this state may pass the gate at all. */
export const passes = (state: GenerationState): boolean =>
  state === 'pending' || state === 'active' || state === 'retiring' || state === 'unconfirmed'

/** Money moves only with a generation that a person has acknowledged. */
export const mayMoveMoney = (state: GenerationState): boolean => state === 'active' || state === 'retiring'

/** A new pair that nobody acknowledges is given up after ten minutes. */
export const PENDING_MINUTES = 10

export const reasons = ['first_set_up', 'planned_change', 'lost', 'leaked'] as const
export type Reason = (typeof reasons)[number]

export const overlaps = ['at_once', '1_hour', '24_hours', '7_days'] as const
export type Overlap = (typeof overlaps)[number]

export const overlapMs: Record<Overlap, number> = {
  at_once: 0,
  '1_hour': 3_600_000,
  '24_hours': 86_400_000,
  '7_days': 604_800_000,
}

/** What may be chosen: with money-out at most 24 hours, and a leaked pair ends at once. */
export function allowedOverlaps(reason: Reason, moneyOut: boolean): readonly Overlap[] {
  if (reason === 'leaked') return ['at_once']
  return moneyOut ? overlaps.slice(0, 3) : overlaps
}

/** Preset: at once if the old pair was unused for 24 hours, else 24 hours. */
export function presetOverlap(reason: Reason, lastUsedAt: Date | null, now: Date): Overlap {
  if (reason === 'leaked' || !lastUsedAt) return 'at_once'
  return now.getTime() - lastUsedAt.getTime() > overlapMs['24_hours'] ? 'at_once' : '24_hours'
}

/** The permission catalogue: what a route asks for and a credential holds, as `deposits:write`. */
export const resources = [
  'wallets',
  'deposits',
  'payouts',
  'transfers',
  'invoices',
  'rates',
  'callbacks',
  'currencies',
] as const
export type Resource = (typeof resources)[number]
export type CredentialPermission = `${Resource}:${'read' | 'write'}`
export const everyPermission: readonly CredentialPermission[] = resources.flatMap(
  (r) => [`${r}:read`, `${r}:write`] as const,
)

/** `gtk_test_7Qm4…Np2c`: enough to tell two keys apart. */
export const maskPublicId = (publicId: string): string => `${publicId.slice(0, 13)}…${publicId.slice(-4)}`

/** What a screen may know of a generation. There is no field for the secret, so no list can leak it. */
export type GenerationView = {
  id: string
  publicId: string
  fingerprint: string
  state: GenerationState
  reason: Reason
  overlap: Overlap
  createdAt: Date
  createdBy: string
  /** Ids compare: was it me? */
  createdById: string
  pendingUntil: Date
  firstUsedAt: Date | null
  acknowledgedAt: Date | null
  retiresAt: Date | null
  lastUsed: { at: Date; from: string; calls: number } | null
  /** Distinct addresses in the last hour. */
  hostsLastHour: number
}

export type ApiUserView = {
  credentialId: string
  on: boolean
  moneyOut: boolean
  /** Everything that still passes or waits: current, retiring, pending, unconfirmed. */
  current: GenerationView | null
  retiring: GenerationView | null
  pending: GenerationView | null
  unconfirmed: GenerationView | null
  /** The last pair that was thrown away or revoked, so that the page can say so. */
  lastEnded: { state: 'discarded' | 'revoked'; publicId: string; at: Date } | null
}

/** What the popup shows once. The only reply type that carries a secret. */
export type Revealed = { generationId: string; apiKey: string; apiSecret: string; pendingUntil: Date }

export type RegenerateParams = { reason: Reason; overlap: Overlap }
export type RegenerateRefusal =
  | ChangeRefusal
  | CodeRefusal
  | 'overlap_running'
  | 'unconfirmed_waiting'
  | 'overlap_not_allowed'
  | 'invalid_input'
export type RegenerateReply = Result<Revealed, RegenerateRefusal>

export type AcknowledgeRefusal = ChangeRefusal | 'already_discarded' | 'replaced' | 'not_found' | 'invalid_input'
export type DiscardRefusal = ChangeRefusal | 'already_acknowledged' | 'not_found' | 'invalid_input'
export type EndOverlapRefusal = ChangeRefusal | 'no_overlap' | 'only_shorter' | 'invalid_input'

export type SwitchRefusal = ChangeRefusal | CodeRefusal | 'needs_code' | 'stale' | 'invalid_input'
export type MoneyOutRefusal =
  | ChangeRefusal
  | CodeRefusal
  | 'needs_whitelist'
  | 'insecure_console'
  | 'stale'
  | 'invalid_input'

/** The popup's live proof: what the gate has seen of this pair. Never a secret. */
export type Proof = {
  state: GenerationState
  pendingUntil: Date
  accepted: { at: Date; address: string; requestId: string } | null
  /** The newest refused call that proved the secret, with what to do about it. */
  refused: { at: Date; address: string; requestId: string; reason: string } | null
  replacedBy: string | null
}
