import { z } from 'zod'
import { err, ok, type Result } from '@/lib/result'

/**
 * Reads a posted form strictly: every field once, text only, nothing the shape does not name (CHECKS 38, 113).
 * Actions take forms and not objects, so that no development log can print what was typed.
 */
export function readForm<S extends z.ZodType>(shape: S, form: unknown): Result<z.infer<S>, 'invalid_input'> {
  if (!(form instanceof FormData)) return err('invalid_input')
  const fields = new Map<string, string>()
  for (const [name, value] of form) {
    if (name === 'merchant' || name.startsWith('$ACTION')) continue
    if (typeof value !== 'string' || fields.has(name)) return err('invalid_input')
    fields.set(name, value)
  }
  const input = shape.safeParse(Object.fromEntries(fields))
  return input.success ? ok(input.data) : err('invalid_input')
}

/** The merchant a form names; which one the caller belongs to is the database's business. */
export const merchantOf = (form: unknown): string => {
  const value = form instanceof FormData ? form.get('merchant') : null
  return typeof value === 'string' ? value : ''
}

/** A field that holds JSON. */
export const json = <S extends z.ZodType>(shape: S) =>
  z
    .string()
    .max(60_000)
    .transform((text, ctx): unknown => {
      try {
        return JSON.parse(text)
      } catch {
        ctx.addIssue({ code: 'custom', message: 'is not JSON' })
        return z.NEVER
      }
    })
    .pipe(shape)
