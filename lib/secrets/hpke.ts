import { createPrivateKey, createPublicKey } from 'node:crypto'
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import type { KeyRing } from './keys'
import { associated, type Binding } from './seal'

/**
 * Seals to a public key (RFC 9180 base mode: X25519, HKDF-SHA256, AES-256-GCM): whoever writes cannot read back.
 * Keys are the raw 32 bytes. A ciphertext opens only for the binding and the key id it was made with.
 */
const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
})
const info = new TextEncoder().encode('gatehouse hpke 1')

/** Length of the encapsulated key that precedes every ciphertext, in bytes. */
const ENC = 32

export type PublicKey = { id: string; raw: Buffer }

/** @returns encapsulated key (32 bytes) + ciphertext + tag (16 bytes), and the id of the key it is sealed to */
export async function sealTo(
  plain: Buffer,
  binding: Binding,
  key: PublicKey,
): Promise<{ sealed: Buffer; keyId: string }> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(bytes(key.raw))
  const { ct, enc } = await suite.seal({ recipientPublicKey, info }, bytes(plain), bytes(associated(binding, key.id)))
  return { sealed: Buffer.concat([Buffer.from(enc), Buffer.from(ct)]), keyId: key.id }
}

/** Throws when the private key is missing, the binding differs, or a single bit was changed. */
export async function openSealed(sealed: Buffer, binding: Binding, keyId: string, keys: KeyRing): Promise<Buffer> {
  const raw = keys.byId.get(keyId)
  if (!raw) throw new Error(`no key with the id ${keyId}`)
  if (sealed.length < ENC + 16) throw new Error('sealed value is too short')
  const recipientKey = await suite.kem.deserializePrivateKey(bytes(raw))
  const enc = bytes(sealed.subarray(0, ENC))
  const plain = await suite.open(
    { recipientKey, enc, info },
    bytes(sealed.subarray(ENC)),
    bytes(associated(binding, keyId)),
  )
  return Buffer.from(plain)
}

/** A new pair of raw 32-byte keys. */
export async function mintKeyPair(): Promise<{ publicKey: Buffer; privateKey: Buffer }> {
  const pair = await suite.kem.generateKeyPair()
  const [publicKey, privateKey] = await Promise.all([
    suite.kem.serializePublicKey(pair.publicKey),
    suite.kem.serializePrivateKey(pair.privateKey),
  ])
  return { publicKey: Buffer.from(publicKey), privateKey: Buffer.from(privateKey) }
}

/** PKCS #8 of an X25519 key up to its 32 bytes (RFC 8410). */
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex')

/** The public half of a raw private key. */
export function publicHalf(privateKey: Buffer): Buffer {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_X25519, privateKey]), format: 'der', type: 'pkcs8' })
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
}

/** The library reads whole ArrayBuffers: a Buffer may be a window into a shared one. */
const bytes = (buffer: Buffer): ArrayBuffer => new Uint8Array(buffer).buffer
