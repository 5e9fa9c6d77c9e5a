'use server'
import 'server-only'
import { refresh } from 'next/cache'
import type { z } from 'zod'
import { acting, type Ctx, renewCookie } from '@/app/session'
import { Proven } from '@/lib/access/input'
import type { ChangeRefusal, CodeRefusal } from '@/lib/access/model'
import { type OpenRefusal, openTicket } from '@/lib/access/step-up'
import { OpenTicketInput } from '@/lib/access/ticket-input'
import { acknowledge } from '@/lib/credentials/acknowledge'
import { discard } from '@/lib/credentials/discard'
import { endOverlap, shortenOverlap } from '@/lib/credentials/end-overlap'
import { GenerationInput, NoParams as Nothing, RegenerateInput, ShortenInput } from '@/lib/credentials/input'
import type {
  AcknowledgeRefusal,
  DiscardRefusal,
  EndOverlapRefusal,
  MoneyOutRefusal,
  RegenerateReply,
  SwitchRefusal,
} from '@/lib/credentials/model'
import { allowMoneyOut, forbidMoneyOut } from '@/lib/credentials/money-out'
import { regenerate } from '@/lib/credentials/regenerate'
import { switchOff, switchOn } from '@/lib/credentials/switch-api-user'
import { err, ok, type Result } from '@/lib/result'
import { changeApiWhitelist, turnOff, turnOn } from '@/lib/whitelist/change'
import { ChangeWhitelistInput, WhitelistStateInput } from '@/lib/whitelist/input'
import type { WhitelistRefusal } from '@/lib/whitelist/model'

type Reply<T, E extends string> = Promise<Result<T, E | ChangeRefusal | 'invalid_input'>>

/** Who, what, do, tell: the four beats of every action here. `proven` actions change the session's cookie afterwards. */
async function act<S extends z.ZodType, T, E extends string>(
  merchant: unknown,
  shape: S,
  given: unknown,
  verb: (ctx: Ctx, input: z.infer<S>) => Promise<Result<T, E>>,
  after: (ctx: Ctx) => Promise<void> | void = () => refresh(),
): Promise<Result<T, E | 'signed_out' | 'invalid_input'>> {
  const ctx = await acting(merchant)
  if (!ctx.ok) return ctx
  const input = shape.safeParse(given)
  if (!input.success) return err('invalid_input')
  const result = await verb(ctx.value, input.data)
  if (result.ok) await after(ctx.value)
  return result
}

const proven = async (ctx: Ctx) => {
  await renewCookie(ctx)
  refresh()
}

export async function openTicketAction(merchant: string, given: unknown): Reply<{ ticket: string }, OpenRefusal> {
  return act(merchant, OpenTicketInput, given, openTicket, () => {})
}

/** The only `.reveal()` of an API secret. The page is not refreshed: the popup must not be remounted under the secret. */
export async function regenerateAction(merchant: string, given: unknown): Promise<RegenerateReply> {
  const fresh = await act(merchant, RegenerateInput, given, regenerate, renewCookie)
  return fresh.ok ? ok({ ...fresh.value, apiSecret: fresh.value.apiSecret.reveal() }) : fresh
}

export async function acknowledgeAction(
  merchant: string,
  given: unknown,
): Reply<{ oldEndsAt: Date | null }, AcknowledgeRefusal> {
  return act(merchant, GenerationInput, given, acknowledge)
}

export async function discardAction(merchant: string, given: unknown): Reply<null, DiscardRefusal> {
  return act(merchant, GenerationInput, given, discard)
}

export async function endOverlapAction(merchant: string): Reply<null, EndOverlapRefusal> {
  return act(merchant, Nothing, {}, endOverlap)
}

export async function shortenOverlapAction(
  merchant: string,
  given: unknown,
): Reply<{ endsAt: Date }, EndOverlapRefusal> {
  return act(merchant, ShortenInput, given, shortenOverlap)
}

export async function switchOffAction(merchant: string): Reply<null, SwitchRefusal> {
  return act(merchant, Nothing, {}, switchOff)
}

export async function switchOnAction(merchant: string, given: unknown): Reply<null, SwitchRefusal> {
  return act(merchant, Proven.nullable(), given, switchOn, given ? proven : undefined)
}

export async function allowMoneyOutAction(merchant: string, given: unknown): Reply<null, MoneyOutRefusal> {
  return act(merchant, Proven, given, allowMoneyOut, proven)
}

export async function forbidMoneyOutAction(merchant: string): Reply<null, MoneyOutRefusal> {
  return act(merchant, Nothing, {}, forbidMoneyOut)
}

type WhitelistReply = Reply<{ version: number }, WhitelistRefusal | CodeRefusal>

export async function changeWhitelistAction(merchant: string, given: unknown): WhitelistReply {
  return act(merchant, ChangeWhitelistInput, given, changeApiWhitelist, proven)
}

export async function turnWhitelistOffAction(merchant: string, given: unknown): WhitelistReply {
  return act(merchant, WhitelistStateInput, given, turnOff, proven)
}

export async function turnWhitelistOnAction(merchant: string, given: unknown): WhitelistReply {
  return act(merchant, WhitelistStateInput, given, turnOn, proven)
}
