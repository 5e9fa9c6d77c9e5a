import { closeSync, openSync, renameSync, statSync, writeSync } from 'node:fs'

const LARGEST_LOG = 10 * 1024 * 1024

/** What a part prints, in a file. A full disk costs lines of it, and never the program that writes it. */
export type PartLog = { write(chunk: Uint8Array | string): void; end(): void }

/**
 * @param cannot told once with the error's code when a line is lost, and again after lines could be written
 * @throws when the file cannot be opened at all
 */
export function partLog(file: string, cannot: (code: string) => void): PartLog {
  try {
    if (statSync(file).size > LARGEST_LOG) renameSync(file, `${file}.1`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const descriptor = openSync(file, 'a', 0o600)
  let open = true
  let losing = false
  return {
    write(chunk) {
      if (!open) return
      try {
        writeSync(descriptor, chunk as string)
        losing = false
      } catch (error) {
        if (!losing) cannot((error as NodeJS.ErrnoException).code ?? 'unknown')
        losing = true
      }
    },
    end() {
      if (open) closeSync(descriptor)
      open = false
    },
  }
}
