import type { ChildProcess } from 'node:child_process'

/** Waits until a program says that it is ready. @throws with what it printed when it ends before */
export function readyLine(child: ChildProcess): Promise<string> {
  let output = ''
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk
      const line = /^ready.*\n/m.exec(output)
      if (line) resolve(line[0])
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.on('exit', (code) => reject(new Error(`ended with ${code} before it was ready:\n${output}`)))
  })
}
