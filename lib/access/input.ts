import { z } from 'zod'
import { codeBox, typedSecret, uuidText } from '@/lib/text'

/** What the browser may send. Strict: an extra field is refused (CHECKS 38). */
export const SignInInput = z.strictObject({ email: z.string().max(400), password: typedSecret, code: codeBox })

const purpose = z.enum(['sign_in', 'operations'])
export const StartEnrolmentInput = z.strictObject({ purpose, password: typedSecret, code: codeBox })
export const FinishEnrolmentInput = z.strictObject({ purpose, code: codeBox })
export const ChangePasswordInput = z.strictObject({ password: typedSecret, code: codeBox, next: typedSecret })
export const EndSessionInput = z.strictObject({ sessionId: uuidText })

export const TicketText = z.string().max(100)
export const Proven = z.strictObject({ ticket: TicketText, code: codeBox })
