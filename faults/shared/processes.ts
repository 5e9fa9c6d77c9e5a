import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

/** What runs, read from /proc: Linux only, as the runs that kill things are. */
type Found = { pid: number; parent: number; command: string[]; state: string }

function read(pid: number): Found | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean)
    return { pid, parent: Number(parent), command, state }
  } catch {
    return null
  }
}

export const all = (): Found[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => read(Number(name)) ?? [])

/** A process that was killed and not yet waited for by its parent is a zombie: it runs no more. */
export function alive(pid: number): boolean {
  const found = read(pid)
  return found !== null && found.state !== 'Z'
}

/** The programs a supervisor runs, by the name of their file: `gate` for `.../gate.mjs`. */
export function childrenOf(parent: number): Map<string, number> {
  const children = all().filter((p) => p.parent === parent && p.state !== 'Z')
  return new Map(
    children.flatMap(({ pid, command }): [string, number][] => {
      const file = command.find((part) => part.endsWith('.mjs'))
      return file ? [[basename(file, '.mjs'), pid]] : []
    }),
  )
}

/** Whether it was there to be told. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name)
    return true
  } catch {
    return false
  }
}
