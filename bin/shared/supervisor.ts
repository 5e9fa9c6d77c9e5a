import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DISK_TROUBLE } from '@/db/embedded/disk'
import { type PartLog, partLog } from './part-log'
import { READY } from './process'

/** A program the supervisor keeps running, or, once it has run to its end, counts as done. */
export type Part = {
  name: string
  /** Script and arguments. */
  command: readonly string[]
  env: Record<string, string>
  /** Runs to its end before what follows is started. */
  once?: boolean
  /** Stopped after everything else: the others still write to it. */
  last?: boolean
  /** Somebody else finds out when it is stuck (`./watchdog`): its silence means nothing. */
  watched?: boolean
}

type Running = {
  part: Part
  child: ChildProcess | null
  log: PartLog
  pauseMs: number
  failures: number[]
  stopping: boolean
  /** Looks in a row at which it had said nothing since the one before; null until it has said something. */
  silentLooks: number | null
  /** Why it stopped, when that was the last that was said of it. */
  saidLast: string | null
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 3000
const MOST_FAILURES_A_MINUTE = 5
const READY_WITHIN_MS = 120_000
const LOOK_EVERY_MS = 5000
/** Looks, not time: a supervisor that was frozen itself blames nobody. */
const MOST_SILENT_LOOKS = 3

export type SupervisorOptions = {
  logDir: string
  say: (line: string) => void
  /** A part failed again and again; everything has been stopped. */
  onGivenUp: (part: string) => void
  /** How often it looks whether each part has said that it is alive. */
  lookEveryMs?: number
  /** Between two starts of a part that waits for its disk. */
  waitMs?: number
}

/**
 * Starts parts in order, each when the one before is ready; restarts what dies, with a growing pause; stops in two
 * waves. Children stand in process groups of their own, so that Ctrl-C reaches this process alone. A part that says
 * each second that it is alive and then is silent for 15 s is stuck or frozen: it is killed and started again.
 */
export class Supervisor {
  readonly #running: Running[] = []
  readonly #options: SupervisorOptions
  readonly #looks: NodeJS.Timeout
  #stopping: Promise<void> | null = null

  constructor(options: SupervisorOptions) {
    this.#options = options
    mkdirSync(options.logDir, { recursive: true, mode: 0o700 })
    this.#looks = setInterval(() => this.#look(), options.lookEveryMs ?? LOOK_EVERY_MS)
    this.#looks.unref()
  }

  /** @throws with what the part said last when it ends before it is ready */
  async start(part: Part): Promise<void> {
    const running: Running = {
      part,
      child: null,
      log: this.#openLog(part.name),
      pauseMs: FIRST_PAUSE_MS,
      failures: [],
      stopping: false,
      silentLooks: null,
      saidLast: null,
    }
    this.#running.push(running)
    const since = Date.now()
    await this.#launch(running)
    this.#options.say(`${part.name.padEnd(12)} ${part.once ? 'done' : 'ready'} in ${Date.now() - since} ms`)
  }

  pidOf(name: string): number | undefined {
    return this.#running.find((r) => r.part.name === name)?.child?.pid
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  /** For a second Ctrl-C: nobody is asked any more. */
  kill(): void {
    for (const { child } of this.#running) child?.kill('SIGKILL')
  }

  #launch(running: Running): Promise<void> {
    const { part, log } = running
    const child = spawn(process.execPath, ['--enable-source-maps', ...part.command], {
      env: { NODE_ENV: 'production', ...part.env, GATEHOUSE_SUPERVISED: String(process.pid) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    })
    running.child = child
    running.silentLooks = null
    child.on('message', () => {
      running.silentLooks = 0
    })
    let tail = ''
    return new Promise((resolve, reject) => {
      let isReady = false
      const timer = setTimeout(() => child.kill('SIGKILL'), READY_WITHIN_MS)
      const becomeReady = () => {
        if (isReady) return
        isReady = true
        clearTimeout(timer)
        resolve()
      }
      const read = (chunk: Buffer) => {
        log.write(chunk)
        tail = (tail + chunk).slice(-4000)
        if (!isReady && !part.once && new RegExp(`^${READY} .*\n`, 'm').test(tail)) becomeReady()
      }
      child.stdout?.on('data', read)
      child.stderr?.on('data', read)
      child.on('error', reject)
      child.on('exit', (code, signal) => {
        clearTimeout(timer)
        running.child = null
        const why = { text: `${signal ?? `exit code ${code}`}${reasonIn(tail)}`, waits: code === DISK_TROUBLE }
        if (part.once && code === 0) return becomeReady()
        if (!isReady)
          return reject(new NotStarted(`${part.name} did not start (${signal ?? `exit code ${code}`}):\n${tail}`, why))
        if (!running.stopping) this.#restart(running, why)
      })
    })
  }

  #look(): void {
    for (const running of this.#running) {
      const { part, child, silentLooks, stopping } = running
      if (!child || silentLooks === null || stopping || part.watched) continue
      running.silentLooks = silentLooks + 1
      if (silentLooks < MOST_SILENT_LOOKS) continue
      const seconds = Math.round((MOST_SILENT_LOOKS * (this.#options.lookEveryMs ?? LOOK_EVERY_MS)) / 1000)
      this.#options.say(`${part.name.padEnd(12)} gave no sign of life for ${seconds} s: killed`)
      child.kill('SIGKILL')
    }
  }

  #restart(running: Running, why: Why): void {
    if (why.waits) {
      this.#startIn(running, this.#options.waitMs ?? LONGEST_PAUSE_MS, why.text)
      return
    }
    const now = Date.now()
    running.failures = [...running.failures.filter((at) => now - at < 60_000), now]
    if (running.failures.length > MOST_FAILURES_A_MINUTE) {
      this.#options.say(
        `${running.part.name.padEnd(12)} stopped ${running.failures.length} times in a minute: giving up`,
      )
      void this.stop().then(() => this.#options.onGivenUp(running.part.name))
      return
    }
    if (running.failures.length === 1) running.pauseMs = FIRST_PAUSE_MS
    const pauseMs = running.pauseMs
    running.pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    this.#startIn(running, pauseMs, why.text)
  }

  #startIn(running: Running, pauseMs: number, why: string): void {
    // One that waits for its disk says the same at each try.
    if (why !== running.saidLast)
      this.#options.say(`${running.part.name.padEnd(12)} stopped (${why}), restart in ${pauseMs} ms`)
    running.saidLast = why
    setTimeout(() => {
      if (running.stopping) return
      const since = Date.now()
      this.#launch(running).then(
        () => {
          running.saidLast = null
          this.#options.say(`${running.part.name.padEnd(12)} ready in ${Date.now() - since} ms`)
        },
        (error: Error) => {
          const { text, waits } = error instanceof NotStarted ? error.why : { text: error.message, waits: false }
          if (!running.stopping) this.#restart(running, { text: `${text}, before it was ready`, waits })
        },
      )
    }, pauseMs)
  }

  async #stopAll(): Promise<void> {
    clearInterval(this.#looks)
    for (const running of this.#running) running.stopping = true
    await Promise.all(this.#running.filter((r) => !r.part.last).map(end))
    await Promise.all(this.#running.filter((r) => r.part.last).map(end))
    for (const { log } of this.#running) log.end()
  }

  #openLog(name: string): PartLog {
    return partLog(join(this.#options.logDir, `${name}.log`), (code) =>
      this.#options.say(`${name.padEnd(12)} its log cannot be written (${code}): lines are lost`),
    )
  }
}

/** Why a part ended, in words; `waits`: for its disk, which is no failure of the part and given up never. */
type Why = { text: string; waits: boolean }

class NotStarted extends Error {
  constructor(
    message: string,
    readonly why: Why,
  ) {
    super(message)
  }
}

/** What a part said of its end in the words that programs use for it; nothing where it ended without a word. */
function reasonIn(tail: string): string {
  const said = [
    ...tail.matchAll(/^(?:cannot start|the embedded database stops|the disk refused an fsync[^:\n]*): (.+)$/gm),
  ]
  const last = said.at(-1)?.[0]
  return last ? `: ${last}` : ''
}

const STOP_WITHIN_MS = 20_000

function end({ child }: Running): Promise<void> {
  if (!child) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    child.kill('SIGTERM')
  })
}
