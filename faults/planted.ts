import { parseArgs } from 'node:util'
import { areas } from './planted/all'
import { type Copy, copyOf } from './planted/copy'
import type { Fault } from './planted/fault'
import { endAll, type Outcome, runTests } from './planted/tests'
import { figures } from './shared/figures'

/**
 * Plants single mistakes into a copy of the sources, one at a time, and shows which test notices each.
 * `--list` names them, `--only` (as often as wanted) takes an area or those whose name holds a word, `--lanes` copies that work at once,
 * `--json` a file for the figures.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    list: { type: 'boolean', default: false },
    lanes: { type: 'string', default: '2' },
    json: { type: 'string' },
  },
})
const LIMIT_MS = 120_000
const SOUND_LIMIT_MS = 580_000

type Planted = Fault & { area: string }
const words = values.only?.map((word) => word.toLowerCase())
const isNamed = (fault: { area: string; name: string }, word: string): boolean =>
  word in areas ? fault.area === word : fault.name.toLowerCase().includes(word)
const chosen: Planted[] = Object.entries(areas)
  .flatMap(([area, faults]) => faults.map((fault) => ({ ...fault, area })))
  .filter((fault) => !words || words.some((word) => isNamed(fault, word)))

const print = (line: string): void => void process.stdout.write(`${line}\n`)
if (chosen.length === 0) {
  print(`--only a word of a name, or an area: ${Object.keys(areas).join(', ')}`)
  process.exit(2)
}
if (values.list) {
  for (const { area, name, file, tests } of chosen) print(`${area}: ${name}  (${file}; ${tests.join(', ')})`)
  process.exit(0)
}

/** In the order in which the first of each group comes. */
function groups(faults: readonly Planted[], by: 'area' | 'project'): [string, Planted[]][] {
  const names = [...new Set(faults.map((fault) => fault[by]))]
  return names.map((name) => [name, faults.filter((fault) => fault[by] === name)])
}

/** Works the list off with as many copies as there are lanes. */
async function inLanes<T>(copies: Copy[], list: readonly T[], work: (copy: Copy, item: T) => Promise<void>) {
  const waiting = [...list]
  await Promise.all(
    copies.map(async (copy) => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(copy, item)
    }),
  )
}

/** Without a fault every chosen test passes, or its failing would prove nothing. */
async function soundTests(copies: Copy[]): Promise<string[]> {
  const wrong: string[] = []
  const whole = chosen.filter(({ named }) => !named)
  const parts = chosen.filter(({ named }) => named)
  await inLanes(copies, [...groups(whole, 'project'), ...groups(parts, 'project')], async (copy, [project, faults]) => {
    const { directory } = copy
    const names = faults.flatMap(({ named }) => named ?? [])
    const named = names.length > 0 ? { named: [...new Set(names)].join('|') } : {}
    const tests = [...new Set(faults.flatMap((fault) => fault.tests))]
    const sound = () => runTests(directory, { project, tests, ...named, limitMs: SOUND_LIMIT_MS, all: true })
    const first = await sound()
    if (first.kind === 'passed') return
    print(`without any fault, ${project}: ${inWords(first)}; once more`)
    const second = await sound()
    if (second.kind !== 'passed') wrong.push(`${project}: ${inWords(second)}`)
  })
  return wrong
}

const isCaught = ({ kind }: Outcome): boolean => kind === 'failed' || kind === 'endless'

function inWords(outcome: Outcome): string {
  if (outcome.kind === 'passed') return 'SURVIVED'
  if (outcome.kind === 'broken') return `SAYS NOTHING: ${outcome.why}`
  if (outcome.kind === 'endless') return `caught by the time limit of ${LIMIT_MS / 1000} s`
  return outcome.inTime ? `caught by: ${outcome.test}` : `caught by the time limit of: ${outcome.test}`
}

const began = performance.now()
const copies: Copy[] = []
process.on('exit', () => {
  endAll()
  for (const copy of copies) copy.remove()
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
while (copies.length < Number(values.lanes)) copies.push(copyOf(process.cwd()))
const report = figures('planted faults')
const outcomes = new Map<Planted, Outcome>()
const wrong = await soundTests(copies)
for (const why of wrong) report.broken(`without any fault, ${why}`)
if (wrong.length === 0) {
  await inLanes(copies, chosen, async (copy, fault) => {
    const restore = copy.plant(fault)
    const outcome = await runTests(copy.directory, { ...fault, limitMs: LIMIT_MS })
    restore()
    outcomes.set(fault, outcome)
    print(`${fault.area}: ${fault.name}\n    ${inWords(outcome)}`)
  })
}

const caughtOf = (faults: readonly Planted[]): number =>
  faults.filter((fault) => isCaught(outcomes.get(fault) ?? { kind: 'passed' })).length

for (const fault of [...outcomes.keys()].filter((each) => !isCaught(outcomes.get(each) ?? { kind: 'passed' }))) {
  print(`\nnot caught: ${fault.area}: ${fault.name}\n    ${fault.survives ?? 'and nobody knows why'}`)
  if (!fault.survives) report.broken(`not caught: ${fault.name}`)
}
for (const [area, faults] of groups(chosen, 'area')) {
  report.add({ name: `${area}: caught of ${faults.length}`, value: caughtOf(faults), unit: '' })
}
report.add({ name: 'faults', value: chosen.length, unit: '', ...(words ? {} : { bound: { least: 70 } }) })
report.add({ name: 'caught', value: (100 * caughtOf(chosen)) / chosen.length, unit: '%', bound: { least: 95 } })
report.add({ name: 'time', value: (performance.now() - began) / 60_000, unit: 'min', bound: { most: 20 } })
process.exit(report.report(values.json))
