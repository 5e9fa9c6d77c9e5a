import { randomBytes } from 'node:crypto'
import { generateSync, generateURI, verifySync } from 'otplib'

/** Time-based codes: RFC 6238, SHA-1, 6 digits, 30 s, 160-bit seeds. The seed travels as base32 without padding. */
export const STEP_SECONDS = 30

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** 160 random bits as 32 base32 characters (RFC 4226 section 4, R6). */
export const mintSeed = (): string => Array.from(randomBytes(32), (byte) => BASE32[byte & 31]).join('')

/**
 * The time step whose code this is: the current one or the one before, never a future one (RFC 6238 section 5.2).
 * Null for a wrong or malformed code. Whether the step was used already is the caller's ledger.
 */
export function matchingStep(seed: string, code: unknown, now: Date): number | null {
  if (typeof code !== 'string' || !/^[0-9]{6}$/.test(code)) return null
  const result = verifySync({
    secret: seed,
    token: code,
    epoch: Math.floor(now.getTime() / 1000),
    epochTolerance: [STEP_SECONDS, 0],
  })
  if (!result.valid) return null
  return 'timeStep' in result && typeof result.timeStep === 'number' ? result.timeStep : null
}

export const currentCode = (seed: string, now: Date): string =>
  generateSync({ secret: seed, epoch: Math.floor(now.getTime() / 1000) })

export const stepOf = (at: Date): number => Math.floor(at.getTime() / 1000 / STEP_SECONDS)

/** When the code of the next step begins. */
export const nextStepAt = (now: Date): Date => new Date((stepOf(now) + 1) * STEP_SECONDS * 1000)

/** `otpauth://` URI for the QR code. The label tells the phone's owner which of the two factors it is. */
export const otpauthUri = (seed: string, issuer: string, label: string): string =>
  generateURI({ issuer, label, secret: seed })
