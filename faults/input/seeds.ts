import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Inputs of a target that once broke a promise: `faults/input/seeds/NAME.json`, a list of texts. */
export function seedsOf(name: string): string[] {
  const file = join(process.cwd(), 'faults/input/seeds', `${name}.json`)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as string[]) : []
}
