import { z } from 'zod'
import { TicketText } from '@/lib/access/input'
import { codeBox, line, uuidText } from '@/lib/text'
import { maxEntries, maxNote } from './model'

const note = line(maxNote)
const version = z.number().int().min(0).max(1_000_000_000)

export const WhitelistChangeInput = z.strictObject({
  version,
  add: z.array(z.strictObject({ range: z.string().max(64), note })).max(maxEntries),
  remove: z.array(uuidText).max(maxEntries),
  notes: z.array(z.strictObject({ id: uuidText, note })).max(maxEntries),
})
export const ChangeWhitelistInput = z.strictObject({ ticket: TicketText, code: codeBox, params: WhitelistChangeInput })
export const WhitelistVersionInput = z.strictObject({ version })
export const WhitelistStateInput = z.strictObject({ ticket: TicketText, code: codeBox, version })
