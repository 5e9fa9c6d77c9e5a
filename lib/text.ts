import { z } from 'zod'
import { withoutSecrets } from '@/lib/secrets/format'

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/
/** Characters that turn the reading direction: a name could show as another one (CHECKS 112). */
const DIRECTION = /[\u202A-\u202E\u2066-\u2069\u200E\u200F]/

/** One line of text a person typed: well-formed Unicode without control or direction characters or a secret of ours, trimmed. */
export const line = (max: number) =>
  z
    .string()
    .max(max * 4)
    .transform((text) => withoutSecrets(text.normalize('NFC').trim()))
    .refine((text) => text.isWellFormed() && !CONTROL.test(text) && !DIRECTION.test(text) && !/[\n\r]/.test(text), {
      error: 'has characters that cannot be shown',
    })
    .refine((text) => [...text].length <= max, { error: `is longer than ${max} characters` })

/** Something secret that is only compared or hashed: exactly as typed, bounded. */
export const typedSecret = z.string().max(1024)

/** A code box: anything short; what it means is the verb's business, so that a malformed one counts as a try. */
export const codeBox = z.string().max(64)

export const uuidText = z.uuid()
