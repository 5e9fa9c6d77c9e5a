import { z } from 'zod'
import { Proven } from '@/lib/access/input'
import { uuidText } from '@/lib/text'
import { overlaps, reasons } from './model'

export const RegenerateParamsInput = z.strictObject({ reason: z.enum(reasons), overlap: z.enum(overlaps) })
export const RegenerateInput = Proven.extend(RegenerateParamsInput.shape).transform(({ ticket, code, ...params }) => ({
  ticket,
  code,
  params,
}))
export const GenerationInput = z.strictObject({ generationId: uuidText })
export const ShortenInput = z.strictObject({ lasts: z.enum(['1_hour', '24_hours', '7_days']) })
export const Nothing = z.strictObject({})

/** Off needs no proof; on may. */
export const SwitchInput = z.union([
  z.strictObject({ on: z.literal('false') }).transform(() => ({ on: false as const, proven: null })),
  z.strictObject({ on: z.literal('true') }).transform(() => ({ on: true as const, proven: null })),
  Proven.extend({ on: z.literal('true') }).transform(({ on: _, ...proven }) => ({ on: true as const, proven })),
])
