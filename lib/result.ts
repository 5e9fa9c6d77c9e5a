/** A refusal the user can act on is a value. A broken invariant is a throw. */
export type Ok<T> = { ok: true; value: T }
/** `retryAt`: when trying again can help, where that is known. */
export type Err<E extends string> = { ok: false; error: E; retryAt?: Date }
export type Result<T, E extends string> = Ok<T> | Err<E>
export const ok = <T>(value: T): Ok<T> => ({ ok: true, value })
export const err = <const E extends string>(error: E, retryAt?: Date): Err<E> =>
  retryAt ? { ok: false, error, retryAt } : { ok: false, error }
