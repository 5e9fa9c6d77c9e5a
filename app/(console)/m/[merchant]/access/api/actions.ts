'use server'
import 'server-only'
import { refresh } from 'next/cache'
import type { z } from 'zod'
import { acting, type Ctx, renewCookie } from '@/app/session'
import type { ChangeRefusal, CodeRefusal } from '@/lib/access/model'
import { type OpenRefusal, openTicket } from '@/lib/access/step-up'
import { OpenTicketInput } from '@/lib/access/ticket-input'
import { acknowledge } from '@/lib/credentials/acknowledge'
import { discard } from '@/lib/credentials/discard'
import { endOverlap, shortenOverlap } from '@/lib/credentials/end-overlap'
import { GenerationInput, Nothing, RegenerateInput, ShortenInput, SwitchInput } from '@/lib/credentials/input'
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
import { merchantOf, readForm } from '@/lib/form'
import { err, ok, type Result } from '@/lib/result'
import { changeApiWhitelist, turnOff, turnOn } from '@/lib/whitelist/change'
import { ChangeWhitelistInput, WhitelistStateInput } from '@/lib/whitelist/input'
import type { WhitelistRefusal } from '@/lib/whitelist/model'

type Reply<T, E extends string> = Promise<Result<T, E | ChangeRefusal | 'invalid_input'>>

/** Who, what, do, tell: the four beats of every action here. */
async function act<S extends z.ZodType, T, E extends string>(
  form: FormData,
  shape: S,
  verb: (ctx: Ctx, input: z.infer<S>) => Promise<Result<T, E>>,
  tell: (ctx: Ctx) => Promise<void> | void = () => refresh(),
): Promise<Result<T, E | 'signed_out' | 'invalid_input'>> {
  const ctx = await acting(merchantOf(form))
  if (!ctx.ok) return ctx
  const input = readForm(shape, form)
  if (!input.ok) return input
  const result = await verb(ctx.value, input.value)
  if (result.ok) await tell(ctx.value)
  return result
}

/** Who proved themselves again gets a new cookie: one that was copied before stops working. */
const proven = async (ctx: Ctx) => {
  await renewCookie(ctx)
  refresh()
}

/** `operation`, `params` (JSON), and `password` where the operation asks for it. */
export async function openTicketAction(form: FormData): Reply<{ ticket: string }, OpenRefusal> {
  return act(form, OpenTicketInput, openTicket, () => {})
}

/** The only `.reveal()` of an API secret: `ticket`, `code`, `reason`, `overlap`. */
export async function regenerateAction(form: FormData): Promise<RegenerateReply> {
  const fresh = await act(form, RegenerateInput, regenerate, renewCookie)
  return fresh.ok ? ok({ ...fresh.value, apiSecret: fresh.value.apiSecret.reveal() }) : fresh
}

export async function acknowledgeAction(form: FormData): Reply<{ oldEndsAt: Date | null }, AcknowledgeRefusal> {
  return act(form, GenerationInput, acknowledge)
}

export async function discardAction(form: FormData): Reply<null, DiscardRefusal> {
  return act(form, GenerationInput, discard)
}

export async function endOverlapAction(form: FormData): Reply<null, EndOverlapRefusal> {
  return act(form, Nothing, endOverlap)
}

export async function shortenOverlapAction(form: FormData): Reply<{ endsAt: Date }, EndOverlapRefusal> {
  return act(form, ShortenInput, shortenOverlap)
}

export async function switchApiUserAction(form: FormData): Reply<null, SwitchRefusal> {
  return act(form, SwitchInput, (ctx, { on, proven }) => (on ? switchOn(ctx, proven) : switchOff(ctx)), proven)
}

export async function switchMoneyOutAction(form: FormData): Reply<null, MoneyOutRefusal> {
  return act(
    form,
    SwitchInput,
    async (ctx, { on, proven }) => {
      if (!on) return forbidMoneyOut(ctx)
      return proven ? allowMoneyOut(ctx, proven) : err('ticket_invalid')
    },
    proven,
  )
}

type WhitelistReply = Reply<{ version: number }, WhitelistRefusal | CodeRefusal>

/** `change` (JSON of a WhitelistChange), `ticket`, `code`. */
export async function changeWhitelistAction(form: FormData): WhitelistReply {
  return act(form, ChangeWhitelistInput, changeApiWhitelist, proven)
}

/** `version`, `ticket`, `code`. */
export async function turnWhitelistOffAction(form: FormData): WhitelistReply {
  return act(form, WhitelistStateInput, turnOff, proven)
}

export async function turnWhitelistOnAction(form: FormData): WhitelistReply {
  return act(form, WhitelistStateInput, turnOn, proven)
}
