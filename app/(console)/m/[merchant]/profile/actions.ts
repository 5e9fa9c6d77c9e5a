'use server'
import 'server-only'
import { refresh } from 'next/cache'
import { act, proven } from '@/app/act'
import { actingPerson, renewCookie } from '@/app/session'
import { changePassword } from '@/lib/access/change-password'
import { finishEnrolment, startEnrolment } from '@/lib/access/enrol'
import { ChangePasswordInput, EndSessionInput, FinishEnrolmentInput, StartEnrolmentInput } from '@/lib/access/input'
import type { ChangePasswordRefusal, EnrolFinishRefusal, Enrolment, EnrolStartRefusal } from '@/lib/access/model'
import { endAllOtherSessions, endSession } from '@/lib/access/sessions'
import { ok, type Result } from '@/lib/result'

/** The only `.reveal()` of a code generator's seed. */
export async function startEnrolmentAction(given: unknown): Promise<Result<Enrolment, EnrolStartRefusal>> {
  const fresh = await act(actingPerson(), StartEnrolmentInput, given, startEnrolment, renewCookie)
  if (!fresh.ok) return fresh
  const { seed, uri, qrSvg, ...rest } = fresh.value
  return ok({ ...rest, seed: seed.reveal(), uri: uri.reveal(), qrSvg: qrSvg.reveal() })
}

export async function finishEnrolmentAction(
  given: unknown,
): Promise<Result<{ replaced: boolean; sessionsEnded: number }, EnrolFinishRefusal>> {
  return act(actingPerson(), FinishEnrolmentInput, given, finishEnrolment, proven)
}

export async function changePasswordAction(
  given: unknown,
): Promise<Result<{ sessionsEnded: number }, ChangePasswordRefusal>> {
  return act(actingPerson(), ChangePasswordInput, given, changePassword, proven)
}

export async function endSessionAction(
  given: unknown,
): Promise<Result<null, 'not_found' | 'signed_out' | 'invalid_input'>> {
  return act(actingPerson(), EndSessionInput, given, (ctx, { sessionId }) => endSession(ctx, sessionId))
}

export async function endOtherSessionsAction(): Promise<Result<{ ended: number }, 'signed_out'>> {
  const who = await actingPerson()
  if (!who.ok) return who
  const ended = await endAllOtherSessions(who.value)
  refresh()
  return ok({ ended })
}
