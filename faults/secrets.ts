import { parseArgs } from 'node:util'
import { sweep } from './secrets/sweep'
import { suites, use } from './secrets/used'
import { figures } from './shared/figures'

/**
 * Uses the whole product as the end-to-end suite does, with everything recorded that leaves it or stays, then looks for
 * every secret that was in play in every place where it must not be: as itself, encoded, cut short (CHECKS 50).
 *
 * `--database embedded` or `postgres`, both unless given; `--suite chromium` (the end-to-end suite) or `recorded` (secrets
 * in wrong places, a browser's profile on disk), both unless given; `--json FILE`.
 */
const { values } = parseArgs({
  options: { database: { type: 'string' }, suite: { type: 'string' }, json: { type: 'string' } },
})
const kinds = (['embedded', 'postgres'] as const).filter((kind) => !values.database || values.database === kind)
const chosen = suites.filter((suite) => !values.suite || values.suite === suite)
const table = figures('secrets sweep')
/** Kinds of which a use of the whole product shows some; none of them means that the recording was blind. */
const shown = ['apiSecret', 'cookie', 'ticket', 'accessToken', 'password', 'code', 'enrolledSeed', 'gatewayToken']

/** Sorts of places of which there must be some, as labels begin. */
const sought = ['console request', 'console response', 'gate request', 'gate response', 'internal response']
  .concat(['upstream request', 'upstream response', 'page', 'page address', 'page console', 'page storage', 'mail'])
  .concat(['stdout', 'command line', 'row', 'file data', 'file database', 'file profile', 'file built'])

for (const kind of kinds) {
  const used = await use(kind, chosen, (line) => process.stderr.write(`${line}\n`))
  const add = (name: string, value: number, unit = '', bound?: { most: number } | { least: number }) =>
    table.add({ name: `${kind}: ${name}`, value, unit, ...(bound && { bound }) })
  try {
    const began = performance.now()
    const { places, bytes, sorts, forms, leaks, atHome } = sweep(used.secrets, used.places())
    add('tests that used the product', used.tests.passed, '', { least: chosen.length > 1 ? 50 : 5 })
    add('tests that failed', used.tests.failed, '', { most: 0 })
    add('requests and answers recorded', used.exchanges, '', { least: chosen.length > 1 ? 1000 : 100 })
    add('rows searched', used.rows, '', { least: 100 })
    add('places searched', places)
    for (const sort of sought) add(`searched: ${sort}`, sorts.get(sort) ?? 0, '', { least: 1 })
    if (kind === 'postgres')
      for (const sort of ['dump', 'wire']) add(`searched: ${sort}`, sorts.get(sort) ?? 0, '', { least: 1 })
    add('searched', Math.round(bytes / 1024 / 1024), 'MB')
    add('searched in', (performance.now() - began) / 1000, 's')
    add('secrets', used.secrets.length, '', { least: 100 })
    add('forms of them looked for', forms)
    for (const each of shown) add(`found at home: ${each}`, atHome.get(each) ?? 0, '', { least: 1 })
    add('databases, caches and workers that pages keep', used.kept, '', { most: 0 })
    add('requests of pages to elsewhere', used.foreign.length, '', { most: 0 })
    add('found elsewhere', leaks.length, '', { most: 0 })
    const alike = new Map<string, { example: (typeof leaks)[number]; count: number }>()
    for (const leak of leaks) {
      const key = `${leak.kind} ${leak.label} ${leak.encoding}`
      const there = alike.get(key)
      if (there) there.count += 1
      else alike.set(key, { example: leak, count: 1 })
    }
    for (const { example, count } of alike.values()) {
      const { kind: secret, label, where, encoding, length, masked } = example
      table.broken(`${kind}: ${secret} ${masked} in ${label}, ${count}x, ${length} bytes as ${encoding}: ${where}`)
    }
  } finally {
    await used.remove()
  }
}
process.exit(table.report(values.json))
