import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
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

test('the table of the operators’ page says what lib/env reads, all of it and nothing else', () => {
  const text = readFileSync(file, 'utf8')
  const rows = /\n\|---\|---\|---\|---\|\n((\|.*\n)+)/.exec(text)?.[1]?.trim().split('\n')
  if (process.env['UPDATE_DOCS']) {
    const head = '|---|---|---|---|\n'
    const at = text.indexOf(head) + head.length
    const rest = text.slice(at).replace(/^(\|.*\n)*/, '')
    writeFileSync(file, `${text.slice(0, at)}${table().join('\n')}\n${rest}`)
    return
  }
  expect(rows).toEqual(table())
})
