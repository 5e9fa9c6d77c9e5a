import type { ChangeRefusal, CodeRefusal, PasswordRefusal } from '@/lib/access/model'
import type {
  AcknowledgeRefusal,
  DiscardRefusal,
  EndOverlapRefusal,
  MoneyOutRefusal,
  RegenerateParams,
  RegenerateReply,
  SwitchRefusal,
} from '@/lib/credentials/model'
import type { Result } from '@/lib/result'
import type { WhitelistChange, WhitelistRefusal } from '@/lib/whitelist/model'

/** What the API tab needs from the server: each names the merchant first. Pages hand these in. */
type Reply<T, E extends string> = Promise<Result<T, E | ChangeRefusal | 'invalid_input'>>
type Proven = { ticket: string; code: string }

export type Ask =
  | { operation: 'credentials.regenerate'; params: RegenerateParams }
  | { operation: 'money_out.allow' | 'api_user.switch_on'; params: Record<string, never> }
  | { operation: 'api_whitelist.change'; params: WhitelistChange }
  | { operation: 'api_whitelist.turn_off' | 'api_whitelist.turn_on'; params: { version: number } }

type WhitelistReply = Reply<unknown, WhitelistRefusal | CodeRefusal>

export type ApiActions = {
  openTicket: (merchant: string, given: Ask & { password?: string }) => Reply<{ ticket: string }, PasswordRefusal>
  regenerate: (merchant: string, given: Proven & { params: RegenerateParams }) => Promise<RegenerateReply>
  acknowledge: (merchant: string, given: { generationId: string }) => Reply<unknown, AcknowledgeRefusal>
  discard: (merchant: string, given: { generationId: string }) => Reply<unknown, DiscardRefusal>
  endOverlap: (merchant: string) => Reply<unknown, EndOverlapRefusal>
  shortenOverlap: (merchant: string, given: { lasts: '1_hour' | '24_hours' }) => Reply<unknown, EndOverlapRefusal>
  switchOff: (merchant: string) => Reply<unknown, SwitchRefusal>
  /** Null first; with proof where the answer was `needs_code`. */
  switchOn: (merchant: string, given: Proven | null) => Reply<unknown, SwitchRefusal>
  allowMoneyOut: (merchant: string, given: Proven) => Reply<unknown, MoneyOutRefusal>
  forbidMoneyOut: (merchant: string) => Reply<unknown, MoneyOutRefusal>
  changeWhitelist: (merchant: string, given: Proven & { params: WhitelistChange }) => WhitelistReply
  turnWhitelistOff: (merchant: string, given: Proven & { version: number }) => WhitelistReply
  turnWhitelistOn: (merchant: string, given: Proven & { version: number }) => WhitelistReply
}

export type WhitelistActions = Pick<
  ApiActions,
  'openTicket' | 'changeWhitelist' | 'turnWhitelistOff' | 'turnWhitelistOn'
>

/** Which merchant every confirmation names. */
export type Where = { merchantId: string; merchantName: string; env: 'live' | 'test' }
