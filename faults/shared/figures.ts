import { writeFileSync } from 'node:fs'

/** What a run measured, each figure against the bound that the documents give. */
export type Figure = { name: string; value: number; unit: string; bound?: { most: number } | { least: number } }

export type Figures = {
  add(figure: Figure): void
  /** Something that must never happen, in words: the run fails. */
  broken(what: string): void
  /** Prints the table, writes `jsonFile` if given, and returns the exit code: 1 when a bound is broken. */
  report(jsonFile?: string): number
}

export function figures(
  title: string,
  print: (line: string) => unknown = (line) => process.stdout.write(`${line}\n`),
): Figures {
  const all: Figure[] = []
  const wrongs: string[] = []
  return {
    add: (figure) => void all.push(figure),
    broken: (what) => void wrongs.push(what),
    report(jsonFile) {
      const missed = all.filter((figure) => !holds(figure))
      const width = Math.max(0, ...all.map(({ name }) => name.length))
      print(`\n${title}`)
      for (const figure of all) {
        const { name, value, unit, bound } = figure
        const limit = !bound ? '' : 'most' in bound ? `at most ${bound.most}` : `at least ${bound.least}`
        const verdict = bound ? (holds(figure) ? 'held' : 'BROKEN') : ''
        print(`  ${name.padEnd(width)}  ${shown(value)} ${unit}  ${limit}  ${verdict}`.trimEnd())
      }
      for (const wrong of wrongs) print(`  BROKEN  ${wrong}`)
      const ok = missed.length === 0 && wrongs.length === 0
      print(ok ? '  everything held' : `  ${missed.length + wrongs.length} broken`)
      if (jsonFile) writeFileSync(jsonFile, `${JSON.stringify({ title, figures: all, broken: wrongs }, null, 2)}\n`)
      return ok ? 0 : 1
    },
  }
}

function holds({ value, bound }: Figure): boolean {
  if (!bound) return true
  // A figure that could not be measured is not one that held.
  if (!Number.isFinite(value)) return false
  return 'most' in bound ? value <= bound.most : value >= bound.least
}

const shown = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 10 ? 2 : 0)

/** @param at between 0 and 1 */
export function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] ?? Number.NaN
}
