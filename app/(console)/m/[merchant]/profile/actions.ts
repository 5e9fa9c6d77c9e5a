'use server'
import 'server-only'
import { refresh } from 'next/cache'
import type { z } from 'zod'
import { actingPerson, type PersonCtx, renewCookie } from '@/app/session'
import { changePassword } from '@/lib/access/change-password'
import { finishEnrolment, startEnrolment } from '@/lib/access/enrol'
import { ChangePasswordInput, EndSessionInput, FinishEnrolmentInput, StartEnrolmentInput } from '@/lib/access/input'
import type { ChangePasswordRefusal, EnrolFinishRefusal, Enrolment, EnrolStartRefusal } from '@/lib/access/model'
import { endAllOtherSessions, endSession } from '@/lib/access/sessions'
import { err, ok, type Result } from '@/lib/result'

/** Who, what, do: one's own settings belong to no merchant. */
async function act<S extends z.ZodType, T, E extends string>(
  shape: S,
  given: unknown,
  verb: (ctx: PersonCtx, input: z.infer<S>) => Promise<Result<T, E>>,
  after: (ctx: PersonCtx) => Promise<void> | void = () => refresh(),
): Promise<Result<T, E | 'signed_out' | 'invalid_input'>> {
  const who = await actingPerson()
  if (!who.ok) return who
  const input = shape.safeParse(given)
  if (!input.success) return err('invalid_input')
  const result = await verb(who.value, input.data)
  if (result.ok) await after(who.value)
  return result
}

const proven = async (ctx: PersonCtx) => {
  await renewCookie(ctx)
  refresh()
}

/** The only `.reveal()` of a code generator's seed. */
export async function startEnrolmentAction(given: unknown): Promise<Result<Enrolment, EnrolStartRefusal>> {
  const fresh = await act(StartEnrolmentInput, given, startEnrolment, renewCookie)
  if (!fresh.ok) return fresh
  const { seed, uri, qrSvg, ...rest } = fresh.value
  return ok({ ...rest, seed: seed.reveal(), uri: uri.reveal(), qrSvg: qrSvg.reveal() })
}

export async function finishEnrolmentAction(
  given: unknown,
): Promise<Result<{ replaced: boolean; sessionsEnded: number }, EnrolFinishRefusal>> {
  return act(FinishEnrolmentInput, given, finishEnrolment, proven)
}

export async function changePasswordAction(
  given: unknown,
): Promise<Result<{ sessionsEnded: number }, ChangePasswordRefusal>> {
  return act(ChangePasswordInput, given, changePassword, proven)
}

export async function endSessionAction(
  given: unknown,
): Promise<Result<null, 'not_found' | 'signed_out' | 'invalid_input'>> {
  return act(EndSessionInput, given, (ctx, { sessionId }) => endSession(ctx, sessionId))
}

export async function endOtherSessionsAction(): Promise<Result<{ ended: number }, 'signed_out'>> {
  const who = await actingPerson()
  if (!who.ok) return who
  const ended = await endAllOtherSessions(who.value)
  refresh()
  return ok({ ended })
}
