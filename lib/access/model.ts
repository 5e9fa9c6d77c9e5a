/** Roles and rights. One function answers "may this actor do this?"; the table on Access list -> Staff is made of it. */

export const roles = ['root', 'owner', 'admin', 'member'] as const
export type Role = (typeof roles)[number]

export const roleNames: Record<Role, string> = { root: 'Root', owner: 'Owner', admin: 'Admin', member: 'Member' }

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
export type PasswordRefusal = 'wrong_password' | 'too_many_attempts' | 'operations_factor_missing' | 'operations_factor_waits'
export type CodeRefusal =
  | 'ticket_invalid'
  | 'wrong_code'
  | 'code_already_used'
  | 'sign_in_code'
  | 'too_many_attempts'
  | 'already_done'
/** Refusals that any change can meet, whatever it changes. */
export type ChangeRefusal = 'forbidden' | 'merchant_pending' | 'merchant_suspended' | 'signed_out'
