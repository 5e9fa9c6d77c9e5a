import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The first version of the framework without a known hole in reading actions and their hosts (CHECKS 108). */
export const LEAST_NEXT = '16.4.6'

/** The framework that is installed has a known hole. */
export class Unpatched extends Error {
  constructor(installed: string) {
    super(`next ${installed} is older than ${LEAST_NEXT}, which closes known holes: run npm ci, then npm run build`)
  }
}

/** @returns the version installed below `root`. @throws Unpatched when it is too old */
export function provePatched(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/next/package.json'), 'utf8')) as {
    version: string
  }
  if (isOlder(version, LEAST_NEXT)) throw new Unpatched(version)
  return version
}

/** Whether a version comes before another; a pre-release comes before its release (semver 11). */
export function isOlder(version: string, than: string): boolean {
  const parts = (text: string): number[] => (text.split(/[-+]/)[0] ?? '').split('.').map(Number)
  const [ours, theirs] = [parts(version), parts(than)]
  if (![...ours, ...theirs].every(Number.isInteger)) return true
  for (let i = 0; i < 3; i++) {
    if (ours[i] !== theirs[i]) return (ours[i] ?? -1) < (theirs[i] ?? -1)
  }
  return version.includes('-') && !than.includes('-')
}
