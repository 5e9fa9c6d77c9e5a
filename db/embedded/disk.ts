import { accessSync, constants, statfsSync } from 'node:fs'
import { join } from 'node:path'

/** EX_TEMPFAIL of sysexits: the disk is why, and as soon as there is room the same program serves again. */
export const DISK_TROUBLE = 75

/** PostgreSQL writes its log in files of 16 MB; it needs one to recover and one to go on. */
const LEAST_FREE = 2 * 16 * 1024 * 1024
const MB = 1024 * 1024

/**
 * What of the disk could be why the database stopped: it says so itself only in a log that nobody can write any more.
 * @returns a sentence for a person, or null when there is room and it can be written
 */
export function diskTrouble(dataDir: string): string | null {
  const directory = join(dataDir, 'database')
  try {
    accessSync(directory, constants.W_OK)
    const { bavail, bsize } = statfsSync(directory)
    const free = bavail * bsize
    if (free >= LEAST_FREE) return null
    const needed = `${LEAST_FREE / MB} MB are needed`
    return `the disk of ${directory} is full: ${Math.floor(free / MB)} MB are free, ${needed}. Make room: nothing has to be repaired`
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    return `${directory} cannot be written (${code}). Make it writable: nothing has to be repaired`
  }
}
