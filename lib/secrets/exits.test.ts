import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const sources = ['app', 'bin', 'components', 'db', 'demo', 'gate', 'lib'].flatMap((folder) =>
  (readdirSync(folder, { recursive: true, encoding: 'utf8' }) as string[])
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$|testing\.ts$/.test(name))
    .map((name) => ({ path: `${folder}/${name}`, text: readFileSync(`${folder}/${name}`, 'utf8') })),
)

// CHECKS 56: no screen, program or command can show a secret again.
test('a secret leaves in two places only: the reveal of a pair, and the one showing of a seed', () => {
  const exits = sources.flatMap(({ path, text }) =>
    [...text.matchAll(/\.reveal\(\)/g)].filter(() => path !== 'lib/secrets/secret.ts').map(() => path),
  )
  expect([...new Set(exits)].sort()).toEqual([
    'app/(console)/m/[merchant]/access/api/actions.ts',
    'app/(console)/m/[merchant]/profile/actions.ts',
  ])
})

// CHECKS 146
test('every exported server action passes the door', () => {
  const actions = sources.filter(({ text }) => text.startsWith("'use server'"))
  expect(actions.length).toBeGreaterThan(2)
  for (const { path, text } of actions) {
    expect(text).toContain("import 'server-only'")
    const bodies = text.split(/^export async function /m).slice(1)
    expect(bodies.length).toBeGreaterThan(0)
    for (const body of bodies) {
      const name = body.slice(0, body.indexOf('('))
      expect([path, name, /\b(acting|actingPerson|fromOurPage)\(/.test(body)]).toEqual([path, name, true])
    }
  }
})
