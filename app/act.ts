import 'server-only'
import { refresh } from 'next/cache'
import type { z } from 'zod'
import { err, type Result } from '@/lib/result'
import { type Ctx, type PersonCtx, renewCookie } from './session'

/**
 * The four beats of an action: who, what, do, tell.
 * @param who what the door said: `acting(merchant)` or `actingPerson()`
 * @param after what the browser is told when it is done
 */
export async function act<C, S extends z.ZodType, T, E extends string>(
  who: Promise<Result<C, 'signed_out'>>,
  shape: S,
  given: unknown,
  verb: (ctx: C, input: z.infer<S>) => Promise<Result<T, E>>,
  after: (ctx: C) => Promise<void> | void = () => refresh(),
): Promise<Result<T, E | 'signed_out' | 'invalid_input'>> {
  const ctx = await who
  if (!ctx.ok) return ctx
  const input = shape.safeParse(given)
  if (!input.success) return err('invalid_input')
  const result = await verb(ctx.value, input.data)
  if (result.ok) await after(ctx.value)
  return result
}

/** After a step-up: the session's cookie changes, and the page shows how things stand now. */
export async function proven(ctx: Ctx | PersonCtx): Promise<void> {
  await renewCookie(ctx)
  refresh()
}
