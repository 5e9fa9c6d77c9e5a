import type { ChangeRefusal, CodeRefusal, PasswordRefusal } from '@/lib/access/model'
import type {
  AcknowledgeRefusal,
  DiscardRefusal,
  EndOverlapRefusal,
  MoneyOutRefusal,
  RegenerateRefusal,
  Revealed,
  SwitchRefusal,
} from '@/lib/credentials/model'
import type { Result } from '@/lib/result'
import type { WhitelistRefusal } from '@/lib/whitelist/model'

/** What the API tab needs from the server. Arguments are forms, so that no log can print them (each names `merchant`). */
export type Action<Value, Refusal extends string> = (form: FormData) => Promise<Result<Value, Refusal>>

export type Operation =
  | 'credentials.regenerate'
  | 'money_out.allow'
  | 'api_user.switch_on'
  | 'api_whitelist.change'
  | 'api_whitelist.turn_off'

/** `operation`, `params` (JSON), and `password` where the operation asks for it. */
export type OpenTicket = Action<{ ticket: string }, PasswordRefusal | ChangeRefusal | 'invalid_input'>

export type ApiActions = {
  openTicket: OpenTicket
  /** `ticket`, `code`, `reason`, `overlap` */
  regenerate: Action<Revealed, RegenerateRefusal>
  /** `generationId` */
  acknowledge: Action<unknown, AcknowledgeRefusal>
  /** `generationId` */
  discard: Action<unknown, DiscardRefusal>
  endOverlap: Action<unknown, EndOverlapRefusal>
  /** `lasts`: 1_hour or 24_hours */
  shortenOverlap: Action<unknown, EndOverlapRefusal>
  /** `on`: true or false; on may need `ticket` and `code` */
  switchApiUser: Action<unknown, SwitchRefusal>
  /** `on`: true or false; on needs `ticket` and `code` */
  switchMoneyOut: Action<unknown, MoneyOutRefusal>
  /** `change` (JSON of a WhitelistChange), `ticket`, `code` */
  changeWhitelist: Action<unknown, WhitelistRefusal | ChangeRefusal | CodeRefusal>
  /** `version`, `ticket`, `code` */
  turnWhitelistOff: Action<unknown, WhitelistRefusal | ChangeRefusal | CodeRefusal>
}

/** Which merchant every confirmation names. */
export type Where = { merchantId: string; merchantName: string; env: 'live' | 'test' }

export type WhitelistActions = Pick<ApiActions, 'openTicket' | 'changeWhitelist' | 'turnWhitelistOff'>
