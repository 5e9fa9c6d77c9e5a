import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Jar } from './desk'
import type { Journal } from './journal'
import type { PeopleLine, PeopleSettings } from './people'
import { signal } from './processes'

/** The process of the people, as the run holds it: what it says goes into the journal. */
export type PeopleProcess = {
  goOn(): void
  pause(): Promise<void>
  /** SIGKILL, synchronously. */
  kill(): void
  /** Everything it said has been read. */
  gone(): Promise<void>
  running(): boolean
}

/** @param command what runs `people()` */
export function startPeople(
  command: readonly string[],
  settings: PeopleSettings,
  journal: Journal,
  jarOf: (jar: Jar) => void,
): PeopleProcess {
  const child: ChildProcess = spawn(process.execPath, ['--enable-source-maps', ...command], {
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin?.on('error', () => {})
  const tell = (line: string) => child.stdin?.write(`${line}\n`)
  tell(JSON.stringify(settings))
  let paused: (() => void) | null = null
  const lines = createInterface({ input: child.stdout! })
  lines.on('line', (text) => {
    const line = JSON.parse(text) as PeopleLine
    if (line.what === 'jar') jarOf(line.jar)
    else if (line.what === 'paused') paused?.()
    else journal.hear(line)
  })
  let ended = false
  const closed = once(child, 'close').then(() => {
    ended = true
    journal.died(settings.idPrefix)
    paused?.()
  })
  return {
    goOn: () => tell('go'),
    pause: () =>
      ended
        ? Promise.resolve()
        : new Promise((resolve) => {
            paused = resolve
            tell('pause')
          }),
    kill: () => void (child.pid && signal(child.pid, 'SIGKILL')),
    gone: () => closed,
    running: () => !ended,
  }
}
