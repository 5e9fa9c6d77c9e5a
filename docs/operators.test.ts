import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { programRoles, rightsOf } from '@/db/roles'
import { variables } from '@/lib/env'

type Row = {
  programs: readonly string[]
  fallback?: string
  embedded?: string
  secret?: true
  optional?: true
  means: string
}
const file = 'docs/operators.md'
const documented = (programs: readonly string[]) =>
  programs.filter((p) => !['start', 'owner', 'demo', 'operator'].includes(p))

/** The table as it has to be. `UPDATE_DOCS=1 npx vitest run docs` writes it. */
function table(): string[] {
  return Object.entries(variables as Record<string, Row>)
    .filter(([name]) => !name.startsWith('DEMO_') && name !== 'GATEHOUSE_DEMO')
    .map(([name, v]) => {
      const preset = v.fallback ? `\`${v.fallback}\`` : v.fallback === '' || v.optional ? 'none' : 'must be given'
      const alone = v.secret || name === 'DATABASE_URL' ? 'must be given; made for the embedded database' : preset
      const shown = v.embedded ? `must be given; embedded: \`${v.embedded}\`` : alone
      const programs = documented(v.programs).join(', ') || 'start'
      return `| \`${name}\` | ${programs} | ${name === 'DATABASE_URL' ? 'the embedded database' : shown} | ${v.means} |`
    })
}

/** A role's rights on one table; those that end at some columns say so. */
const shown = (rights: string[] | undefined): string =>
  rights?.map((right) => right.replace(/ \(.*\)$/, '\u00a0(some)')).join(', ') ?? ''

function rightsTable(): string[] {
  const tables = [...new Set(programRoles.flatMap((role) => Object.keys(rightsOf[role])))].filter((t) => t !== 'run')
  const functions = [...new Set(programRoles.flatMap((role) => rightsOf[role].run ?? []))]
  const may = (name: string) => programRoles.map((role) => (rightsOf[role].run?.includes(name) ? 'run' : ''))
  return [
    ...tables.sort().map((table) => [`\`${table}\``, ...programRoles.map((role) => shown(rightsOf[role][table]))]),
    ...functions.sort().map((name) => [`\`${name}\``, ...may(name)]),
  ].map((cells) => `| ${cells.join(' | ')} |`)
}

const heads = { environment: '| name | programs | default | what it is |', rights: '| | console | gate | dispatcher |' }

test.each([
  ['lib/env reads', heads.environment, table],
  ['db/roles grants', heads.rights, rightsTable],
] as const)('the operators’ page says what %s, all of it and nothing else', (_, head, rows) => {
  const text = readFileSync(file, 'utf8')
  const start = text.indexOf(head) + `${head}\n|---|---|---|---|\n`.length
  const standing = /^(\|.*\n)*/.exec(text.slice(start))?.[0] ?? ''
  if (process.env['UPDATE_DOCS']) {
    writeFileSync(file, `${text.slice(0, start)}${rows().join('\n')}\n${text.slice(start + standing.length)}`)
    return
  }
  expect(standing.trim().split('\n')).toEqual(rows())
})
