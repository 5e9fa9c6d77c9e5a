/** Roles and rights. One function answers "may this actor do this?"; the table on Access list -> Staff is made of it. */

export const roles = ['root', 'owner', 'admin', 'member'] as const
export type Role = (typeof roles)[number]

/** Until an operator activates a merchant nothing can be generated; suspension stops every credential at the gate. */
export type MerchantState = 'pending' | 'active' | 'suspended'

/** Every permission of the console with the roles that hold it, in the order of the table on Staff. */
export const permissions = {
  'status.read': ['root', 'owner', 'admin', 'member'],
  'activity.read': ['root', 'owner', 'admin'],
  'access_list.read': ['root', 'owner', 'admin'],
  'credentials.regenerate': ['root', 'owner'],
  'credentials.discard': ['root', 'owner'],
  'api_user.switch': ['root', 'owner'],
  'money_out.switch': ['root', 'owner'],
  'overlap.end': ['root', 'owner'],
  'overlap.shorten': ['root', 'owner', 'admin'],
  'api_whitelist.change': ['root', 'owner', 'admin'],
  'api_whitelist.turn_off': ['root', 'owner'],
} as const satisfies Record<string, readonly Role[]>

export type Permission = keyof typeof permissions

export const can = (role: Role, permission: Permission): boolean =>
  (permissions[permission] as readonly Role[]).includes(role)

/** Which of a person's two code generators. They look different in the phone and never stand in for each other. */
export type FactorPurpose = 'sign_in' | 'operations'

/** How a step-up can fail, each said beside its own field. */
export type PasswordRefusal =
  | 'wrong_password'
  | 'too_many_attempts'
  | 'busy'
  | 'operations_factor_missing'
  | 'operations_factor_waits'
export type CodeRefusal =
  | 'ticket_invalid'
  | 'wrong_code'
  | 'code_already_used'
  | 'sign_in_code'
  | 'too_many_attempts'
  | 'already_done'
/** Refusals that any change can meet, whatever it changes. */
export type ChangeRefusal = 'forbidden' | 'merchant_pending' | 'merchant_suspended' | 'signed_out'

/** Why this role may not change this now, or null. */
export function changeRefusal(role: Role, state: MerchantState, permission: Permission): ChangeRefusal | null {
  if (!can(role, permission)) return 'forbidden'
  return state === 'active' ? null : `merchant_${state}`
}

/** Signed-out answers are uniform: nothing tells a wrong password from an unknown person (CHECKS 11, 12). */
export type SignInRefusal = 'refused' | 'locked' | 'busy' | 'invalid_input'

export type EnrolStartRefusal =
  | 'wrong_password'
  | 'wrong_code'
  | 'code_already_used'
  | 'too_many_attempts'
  | 'busy'
  | 'sign_in_factor_first'
  | 'signed_out'
  | 'invalid_input'
export type EnrolFinishRefusal =
  | 'wrong_code'
  | 'enrolment_expired'
  | 'too_many_attempts'
  | 'signed_out'
  | 'invalid_input'
export type ChangePasswordRefusal = EnrolStartRefusal | PasswordWeakness
export type PasswordWeakness = 'too_short' | 'too_long' | 'too_common' | 'contains_you' | 'not_text'

/** Shown once, for the phone: the seed as base32, the same as a QR code (SVG). */
export type Enrolment = {
  purpose: FactorPurpose
  seed: string
  uri: string
  qrSvg: string
  pendingUntil: Date
  label: string
}

export type FactorView = { purpose: FactorPurpose; enrolledAt: Date; usableFrom: Date | null } | null
export type SessionView = {
  id: string
  current: boolean
  createdAt: Date
  lastSeenAt: Date
  address: string
  userAgent: string
}
export type SecurityView = {
  signIn: FactorView
  operations: FactorView
  sessions: SessionView[]
  passwordChangedAt: Date
}

/** Session times (NIST SP 800-63B 2.2.3, AAL2: at most 24 h and 1 h). */
export const SESSION_IDLE_MINUTES = 15
export const SESSION_HOURS = 12
/** How long a browser is known as one that signed in before. */
export const DEVICE_DAYS = 180
