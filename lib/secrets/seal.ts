import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { KeyRing } from './keys'

/** What a ciphertext belongs to: it opens nowhere else (AES-256-GCM, associated data). */
export type Binding = { table: string; row: string; owner: string; purpose: string }

export const associated = (b: Binding, keyId: string): Buffer =>
  Buffer.from(JSON.stringify([b.table, b.row, b.owner, b.purpose, keyId]))

/** @returns nonce (12 bytes, random) + ciphertext + tag (16 bytes), and the id of the key that was used */
export function seal(plain: Buffer, binding: Binding, keys: KeyRing): { sealed: Buffer; keyId: string } {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keyOf(keys, keys.current), nonce)
  cipher.setAAD(associated(binding, keys.current))
  return {
    sealed: Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]),
    keyId: keys.current,
  }
}

/** Throws when the key is missing, the binding differs, or a single bit was changed. */
export function open(sealed: Buffer, binding: Binding, keyId: string, keys: KeyRing): Buffer {
  if (sealed.length < 28) throw new Error('sealed value is too short')
  const decipher = createDecipheriv('aes-256-gcm', keyOf(keys, keyId), sealed.subarray(0, 12), { authTagLength: 16 })
  decipher.setAAD(associated(binding, keyId))
  decipher.setAuthTag(sealed.subarray(-16))
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])
}

function keyOf(keys: KeyRing, id: string): Buffer {
  const key = keys.byId.get(id)
  if (!key) throw new Error(`no key with the id ${id}`)
  return key
}
