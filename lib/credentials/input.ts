import { z } from 'zod'
import { TicketText } from '@/lib/access/input'
import { codeBox, uuidText } from '@/lib/text'
import { overlaps, reasons } from './model'

export const RegenerateParamsInput = z.strictObject({ reason: z.enum(reasons), overlap: z.enum(overlaps) })
export const RegenerateInput = z.strictObject({ ticket: TicketText, code: codeBox, params: RegenerateParamsInput })
export const GenerationInput = z.strictObject({ generationId: uuidText })
export const ShortenInput = z.strictObject({ lasts: z.enum(['1_hour', '24_hours', '7_days']) })
export const NoParams = z.strictObject({})
