import { z } from 'zod'
import { NoParams, RegenerateParamsInput } from '@/lib/credentials/input'
import { typedSecret } from '@/lib/text'
import { WhitelistChangeInput, WhitelistVersionInput } from '@/lib/whitelist/input'

/** The first step of every operation that asks for proof, with the parameters the ticket is bound to. */
export const OpenTicketInput = z.discriminatedUnion('operation', [
  z.strictObject({
    operation: z.literal('credentials.regenerate'),
    params: RegenerateParamsInput,
    password: typedSecret,
  }),
  z.strictObject({ operation: z.literal('money_out.allow'), params: NoParams, password: typedSecret }),
  z.strictObject({ operation: z.literal('api_user.switch_on'), params: NoParams }),
  z.strictObject({ operation: z.literal('api_whitelist.change'), params: WhitelistChangeInput }),
  z.strictObject({ operation: z.literal('api_whitelist.turn_off'), params: WhitelistVersionInput }),
  z.strictObject({ operation: z.literal('api_whitelist.turn_on'), params: WhitelistVersionInput }),
])
