'use server'
import 'server-only'
import { act, proven } from '@/app/act'
import { acting, renewCookie } from '@/app/session'
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
import { ok, type Result } from '@/lib/result'
import { changeApiWhitelist, turnOff, turnOn } from '@/lib/whitelist/change'
import { ChangeWhitelistInput, WhitelistStateInput } from '@/lib/whitelist/input'
import type { WhitelistRefusal } from '@/lib/whitelist/model'

type Reply<T, E extends string> = Promise<Result<T, E | ChangeRefusal | 'invalid_input'>>

export async function openTicketAction(merchant: string, given: unknown): Reply<{ ticket: string }, OpenRefusal> {
  return act(acting(merchant), OpenTicketInput, given, openTicket, () => {})
}

/** The only `.reveal()` of an API secret. The page is not refreshed: the popup must not be remounted under the secret. */
export async function regenerateAction(merchant: string, given: unknown): Promise<RegenerateReply> {
  const fresh = await act(acting(merchant), RegenerateInput, given, regenerate, renewCookie)
  return fresh.ok ? ok({ ...fresh.value, apiSecret: fresh.value.apiSecret.reveal() }) : fresh
}

export async function acknowledgeAction(
  merchant: string,
  given: unknown,
): Reply<{ oldEndsAt: Date | null }, AcknowledgeRefusal> {
  return act(acting(merchant), GenerationInput, given, acknowledge)
}

export async function discardAction(merchant: string, given: unknown): Reply<null, DiscardRefusal> {
  return act(acting(merchant), GenerationInput, given, discard)
}

export async function endOverlapAction(merchant: string): Reply<null, EndOverlapRefusal> {
  return act(acting(merchant), Nothing, {}, endOverlap)
}

export async function shortenOverlapAction(
  merchant: string,
  given: unknown,
): Reply<{ endsAt: Date }, EndOverlapRefusal> {
  return act(acting(merchant), ShortenInput, given, shortenOverlap)
}

export async function switchOffAction(merchant: string): Reply<null, SwitchRefusal> {
  return act(acting(merchant), Nothing, {}, switchOff)
}

export async function switchOnAction(merchant: string, given: unknown): Reply<null, SwitchRefusal> {
  return act(acting(merchant), Proven.nullable(), given, switchOn, given ? proven : undefined)
}

export async function allowMoneyOutAction(merchant: string, given: unknown): Reply<null, MoneyOutRefusal> {
  return act(acting(merchant), Proven, given, allowMoneyOut, proven)
}

export async function forbidMoneyOutAction(merchant: string): Reply<null, MoneyOutRefusal> {
  return act(acting(merchant), Nothing, {}, forbidMoneyOut)
}

type WhitelistReply = Reply<{ version: number }, WhitelistRefusal | CodeRefusal>

export async function changeWhitelistAction(merchant: string, given: unknown): WhitelistReply {
  return act(acting(merchant), ChangeWhitelistInput, given, changeApiWhitelist, proven)
}

export async function turnWhitelistOffAction(merchant: string, given: unknown): WhitelistReply {
  return act(acting(merchant), WhitelistStateInput, given, turnOff, proven)
}

export async function turnWhitelistOnAction(merchant: string, given: unknown): WhitelistReply {
  return act(acting(merchant), WhitelistStateInput, given, turnOn, proven)
}
