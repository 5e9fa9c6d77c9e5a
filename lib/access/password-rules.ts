import { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common'
import type { PasswordWeakness } from './model'

export const PASSWORD_MIN = 15
export const PASSWORD_MAX = 128

let strength: ZxcvbnFactory | undefined

/**
 * Why a new password is refused, or null. Length in code points (NIST SP 800-63B 3.1.1.2), no composition rules;
 * common and guessable ones, and ones built from the person's or our own name, are found offline (CHECKS 22).
 */
export function passwordWeakness(plain: string, about: { email: string; name: string }): PasswordWeakness | null {
  const text = plain.normalize('NFC')
  if (!isText(text)) return 'not_text'
  const length = [...text].length
  if (length < PASSWORD_MIN) return looksCommon(text, about) ? 'too_common' : 'too_short'
  if (length > PASSWORD_MAX) return 'too_long'
  if (containsYou(text, about)) return 'contains_you'
  return looksCommon(text, about) ? 'too_common' : null
}

/** NUL and lone surrogates are not text. */
function isText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

function words(about: { email: string; name: string }): string[] {
  return [about.email, about.email.split('@')[0] ?? '', ...about.name.split(/\s+/), 'gatehouse'].filter(
    (w) => w.length >= 4,
  )
}

function containsYou(text: string, about: { email: string; name: string }): boolean {
  const lower = text.toLowerCase()
  return (
    lower.includes(about.email.toLowerCase()) ||
    words(about).some((w) => lower.replaceAll(w.toLowerCase(), '').length < 8)
  )
}

function looksCommon(text: string, about: { email: string; name: string }): boolean {
  strength ??= new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs, maxLength: PASSWORD_MAX })
  return strength.check(text, words(about)).score < 3
}
