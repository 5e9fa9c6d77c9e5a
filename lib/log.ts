import { sqlState } from '@/db/client'

/** One JSON object a line. Values are facts of ours; nothing that a stranger or a database driver wrote as a sentence. */
export type Fields = Record<string, string | number | boolean | null | undefined>
export type Level = 'info' | 'warn' | 'error'

/** JSON leaves DEL, C1 controls and the two line separators as they are; a terminal or a log shipper does not. */
export const oneLine = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

export function log(level: Level, event: string, fields: Fields = {}): void {
  process.stdout.write(`${oneLine({ at: new Date().toISOString(), level, event, ...fields })}\n`)
}

/**
 * What may be logged of an error: its class, its code (SQLSTATE of a database error) and where it was thrown.
 * Never its message: a driver puts statements and their parameters there, and those can hold anything.
 */
export function faultOf(error: unknown): Fields {
  if (!(error instanceof Error)) return { error: typeof error }
  // The stack begins with the message, and a line of that may look like a place.
  const where = error.stack
    ?.replace(error.message, '')
    .split('\n')
    .find((line) => /^\s+at /.test(line))
  return { error: error.name, code: sqlState(error), where: where?.trim().slice(0, 200) }
}

/**
 * The framework prints what a page or an action threw, whole: of a failed query that is the statement with every
 * parameter. From here on its complaints are lines of ours; `digest` is what the browser was told of the error.
 */
export function takeOverConsole(): void {
  const told =
    (level: Level) =>
    (...given: unknown[]): void => {
      const error = given.find((value) => value instanceof Error)
      const digest = error && 'digest' in error ? String(error.digest).slice(0, 100) : undefined
      log(level, 'framework', error ? { ...faultOf(error), digest } : { error: typeof given[0] })
    }
  console.error = told('error')
  console.warn = told('warn')
}
