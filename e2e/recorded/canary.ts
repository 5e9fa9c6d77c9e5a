import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { mintSecret } from '@/lib/secrets/format'
import { recordDir } from '../recording'

/**
 * A secret that looks like a real one and is put where it does not belong. `stays` is what the product does with such
 * a text on purpose: labels of places (faults/secrets/place.ts) where it may be found again. What carried it there may
 * hold it too: requests to console, gate and internal listener, and addresses that were typed.
 */
export function canary(name: string, stays: readonly string[] = []): string {
  const value = mintSecret('test').secret.reveal()
  if (recordDir) appendFileSync(join(recordDir, 'canaries.jsonl'), `${JSON.stringify({ name, value, stays })}\n`)
  return value
}
