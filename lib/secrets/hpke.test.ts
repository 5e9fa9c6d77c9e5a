import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import { describe, expect, it } from 'vitest'
import { mintKeyPair, openSealed, publicHalf, sealTo } from './hpke'

const binding = { table: 'token_key', row: 'k1', owner: 'installation', purpose: 'token' }

describe('sealing to the gate', () => {
  it('opens with the private half, for the same row and purpose only', async () => {
    // CHECKS 121
    const pair = await mintKeyPair()
    const other = await mintKeyPair()
    expect(publicHalf(pair.privateKey)).toEqual(pair.publicKey)
    const ring = { current: 'g1', byId: new Map([['g1', pair.privateKey]]) }
    const { sealed, keyId } = await sealTo(Buffer.from('a secret'), binding, { id: 'g1', raw: pair.publicKey })
    expect((await openSealed(sealed, binding, keyId, ring)).toString()).toBe('a secret')

    for (const wrong of [{ row: 'k2' }, { owner: 'm_1' }, { purpose: 'x' }, { table: 'generation' }]) {
      await expect(openSealed(sealed, { ...binding, ...wrong }, keyId, ring)).rejects.toThrow()
    }
    for (const at of [0, 31, 32, sealed.length - 1]) {
      const flipped = Buffer.from(sealed)
      flipped[at] = (flipped[at] as number) ^ 1
      await expect(openSealed(flipped, binding, keyId, ring)).rejects.toThrow()
    }
    await expect(openSealed(sealed.subarray(0, -1), binding, keyId, ring)).rejects.toThrow()
    await expect(openSealed(sealed.subarray(0, 20), binding, keyId, ring)).rejects.toThrow()
    await expect(openSealed(sealed, binding, 'g2', ring)).rejects.toThrow('no key with the id g2')
    const foreign = { current: 'g1', byId: new Map([['g1', other.privateKey]]) }
    await expect(openSealed(sealed, binding, keyId, foreign)).rejects.toThrow()
  })
  it('is RFC 9180 for this use alone: what was sealed for another does not open', async () => {
    const pair = await mintKeyPair()
    const ring = { current: 'g1', byId: new Map([['g1', pair.privateKey]]) }
    const suite = new CipherSuite({
      kem: new DhkemX25519HkdfSha256(),
      kdf: new HkdfSha256(),
      aead: new Aes256Gcm(),
    })
    const sealedFor = async (info: string) => {
      const recipientPublicKey = await suite.kem.deserializePublicKey(new Uint8Array(pair.publicKey).buffer)
      const text = (t: string) => new TextEncoder().encode(t).buffer
      const bound = JSON.stringify([binding.table, binding.row, binding.owner, binding.purpose, 'g1'])
      const { ct, enc } = await suite.seal({ recipientPublicKey, info: text(info) }, text('a secret'), text(bound))
      return Buffer.concat([Buffer.from(enc), Buffer.from(ct)])
    }
    const opened = await openSealed(await sealedFor('gatehouse hpke 1'), binding, 'g1', ring)
    expect(opened.toString()).toBe('a secret')
    await expect(openSealed(await sealedFor(''), binding, 'g1', ring)).rejects.toThrow()
  })
})
