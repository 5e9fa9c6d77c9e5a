/** What people are told by mail. Values never hold a secret. */
export const notices = [
  'pair_generated',
  'pair_unconfirmed',
  'merchant_activated',
  'merchant_suspended',
  'leak_ended',
  'whitelist_changed',
  'api_user_switched',
  'money_out_switched',
  'factor_enrolled',
  'factor_replaced',
  'password_changed',
  'step_up_locked',
  'sign_in_locked',
  'new_device',
] as const
export type Notice = (typeof notices)[number]
