import { z } from 'zod'
import { Nothing, RegenerateParamsInput } from '@/lib/credentials/input'
import { json } from '@/lib/form'
import { typedSecret } from '@/lib/text'
import { WhitelistChangeInput, WhitelistVersionInput } from '@/lib/whitelist/input'

/** The first step of every operation that asks for proof, with the parameters the ticket is bound to. */
export const OpenTicketInput = z.discriminatedUnion('operation', [
  z.strictObject({
    operation: z.literal('credentials.regenerate'),
    params: json(RegenerateParamsInput),
    password: typedSecret,
  }),
  z.strictObject({ operation: z.literal('money_out.allow'), params: json(Nothing), password: typedSecret }),
  z.strictObject({ operation: z.literal('api_user.switch_on'), params: json(Nothing) }),
  z.strictObject({ operation: z.literal('api_whitelist.change'), params: json(WhitelistChangeInput) }),
  z.strictObject({ operation: z.literal('api_whitelist.turn_off'), params: json(WhitelistVersionInput) }),
  z.strictObject({ operation: z.literal('api_whitelist.turn_on'), params: json(WhitelistVersionInput) }),
])
