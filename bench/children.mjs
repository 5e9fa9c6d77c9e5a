import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'

const children = []

/** A measured server or the load: lives until `endChildren`. @returns its first message, and how to ask it */
export async function child(program, args = [], env = undefined) {
  const started = fork(program, args, env ? { env } : {})
  children.push(started)
  return { process: started, ask: (message) => reply(started, message), first: () => reply(started) }
}

export function endChildren() {
  for (const each of children) each.connected ? each.disconnect() : each.kill('SIGTERM')
}

/** The next message, after an optional question. @throws when the program ends instead */
function reply(from, question) {
  return new Promise((resolve, reject) => {
    const ended = (code) => reject(new Error(`a measured program ended with ${code}`))
    from.once('exit', ended)
    from.once('message', (message) => {
      from.off('exit', ended)
      resolve(message)
    })
    if (question !== undefined) from.send(question)
  })
}

/** CPU time of a process in us, for one that cannot be asked. Linux counts in ticks of 10 ms. */
export function cpuOfPid(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

export const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
