import { crc32 } from 'node:zlib'
import { mintPublicId, mintSecret, readPublicId, readSecret } from '@/lib/secrets/format'
import { must, type Target } from '../fuzz'

const tagKey = Buffer.alloc(32, 1)
const ids = new Set(Array.from({ length: 50 }, (_, i) => mintPublicId(i % 2 ? 'live' : 'test', tagKey)))
const secrets = Array.from({ length: 50 }, (_, i) => mintSecret(i % 2 ? 'live' : 'test').secret.reveal())

/** What a secret scanner is told to look for. */
export const scanner = /\bgts_(?:live|test)_[A-Za-z0-9]{49}\b/
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** CRC-32 in base62, written the other way round than the product does. */
export function hasChecksum(secret: string): boolean {
  const value = [...secret.slice(-6)].reduce((sum, char) => sum * 62 + digits.indexOf(char), 0)
  return value === crc32(secret.slice(0, -6))
}

export const idsAndSecrets: Target = {
  name: 'ids-and-secrets',
  examples: [...[...ids].slice(0, 5), ...secrets.slice(0, 5), 'gtk_live_', 'gts_test_'],
  words: ['gtk_live_', 'gtk_test_', 'gts_live_', 'gts_test_', '\n', '0', 'Z'],
  check(text) {
    const environment = readPublicId(text, tagKey)
    must(environment === null || ids.has(text), 'an id that was never minted')
    must(environment === null || text.startsWith(`gtk_${environment}_`), 'the wrong environment')
    const of = readSecret(text)
    must((of !== null) === (scanner.exec(text)?.[0] === text && hasChecksum(text)), 'a scanner and we disagree')
    return `${environment} ${of} ${text.length}`
  },
}

/** Each run mints: unique, well-formed, with checksum and tag (CHECKS 58). */
export function minting(): Target {
  const seen = new Set<string>()
  return {
    name: 'minting',
    examples: ['live', 'test'],
    make: (random) => random.pick(['live', 'test']),
    check(input) {
      const environment = input === 'live' ? 'live' : 'test'
      const { secret, fingerprint, digest } = mintSecret(environment)
      const plain = secret.reveal()
      const id = mintPublicId(environment, tagKey)
      must(scanner.exec(plain)?.[0] === plain && hasChecksum(plain), 'a secret of the wrong form')
      must(readSecret(plain) === environment && readPublicId(id, tagKey) === environment, 'not read back')
      must(digest.startsWith(fingerprint) && /^[0-9a-f]{64}$/.test(digest), 'no digest')
      // Half of each is enough to tell them apart, and a million fit in memory.
      const [short, shortId] = [plain.slice(9, 25), id.slice(9)]
      must(!seen.has(short) && !seen.has(shortId), 'the same one twice')
      seen.add(short).add(shortId)
      return environment
    },
  }
}
