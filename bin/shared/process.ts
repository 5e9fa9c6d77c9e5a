import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EnvError } from '@/lib/env'

/** What all programs share: how they say that they are ready, how they fail, how they stop. */

/** Programs are bundled into `build/`, and for tests into a folder further below. */
export const root = ((): string => {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'db/migrations'))) return folder
    if (folder === dirname(folder)) throw new Error('a program stands outside of its installation')
  }
})()

/** The supervisor waits for a line that begins so. */
export const READY = 'ready'

export function ready(what: string): void {
  sayAlive()
  setInterval(sayAlive, ALIVE_EVERY_MS).unref()
  process.stdout.write(`${READY} ${what}\n`)
}

const ALIVE_EVERY_MS = 1000

/** Tells the supervisor each second that the event loop turns: one that is stuck or frozen says nothing. */
function sayAlive(): void {
  // A supervisor that is gone hears nothing; `whenParentEnds` sees to that.
  if (process.connected) process.send?.('alive', undefined, undefined, () => {})
}

/** Ends the process with what a person can act on; a stack only where nobody foresaw the error, its own exit code where it has one. */
export function fail(error: unknown): never {
  if (error instanceof EnvError) {
    process.stderr.write(`cannot start:\n${error.problems.map((p) => `  - ${p}\n`).join('')}`)
  } else if (error instanceof Error && (error.constructor !== Error || 'code' in error)) {
    process.stderr.write(`cannot start: ${error.message}\n`)
  } else {
    process.stderr.write(`cannot start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  }
  process.exit((error as { exitCode?: number }).exitCode ?? 1)
}

const LONGEST_STOP_MS = 15_000

/** Stops once, on the first signal or when the supervisor is gone; then the process ends whatever still hangs. */
export function stopWith(stop: () => Promise<void>): void {
  let stopping = false
  const end = () => {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(1), LONGEST_STOP_MS).unref()
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  if (process.env['GATEHOUSE_SUPERVISED']) whenParentEnds(end)
}

/** A supervisor that was killed cannot stop its children: they see that their parent is another one. */
export function whenParentEnds(then: () => void): void {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) then()
  }, 500).unref()
}

/** Runs a program, once its file has been read to the end. */
export function run(main: () => Promise<void>): void {
  Promise.resolve().then(main).catch(fail)
}
