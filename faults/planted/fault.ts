/** A single mistake that somebody could make in the product, and the tests that should notice it. */
export type Fault = {
  /** What the mistake is, unique among all. */
  name: string
  /** The file it is made in, from the root of the repository. */
  file: string
  /** Stands exactly once in the file. */
  find: string
  replace: string
  /** Test files, as few as should notice it. */
  tests: readonly string[]
  /** A pattern of the names of the tests, where the rest of the file takes long or minds a busy machine. */
  named?: string
  /** The project of vitest that runs them: `postgres` where only a database of several sessions can show it. */
  project: 'once' | 'embedded' | 'postgres'
  /** Why no test can notice it; it counts as not caught all the same. */
  survives?: string
}

/** @throws when `find` does not stand exactly once in the text */
export function plant(text: string, { name, find, replace }: Fault): string {
  const at = text.indexOf(find)
  if (at < 0) throw new Error(`${name}: its text is not there`)
  if (text.indexOf(find, at + 1) >= 0) throw new Error(`${name}: its text stands there more than once`)
  return text.slice(0, at) + replace + text.slice(at + find.length)
}
