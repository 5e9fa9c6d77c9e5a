#!/usr/bin/env node
/**
 * What the linter's import rule cannot say (CHECKS 146). Without arguments it reads the sources; with `--built` it
 * looks into what browsers are given; both also prove that the import rule itself is awake.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** @returns paths from the root, of files whose name ends in one of `endings` */
function filesBelow(folder, endings) {
  let names
  try {
    names = readdirSync(join(root, folder), { recursive: true })
  } catch {
    return []
  }
  return names.filter((n) => endings.some((e) => n.endsWith(e))).map((n) => `${folder}/${n}`)
}

const sources = ['app', 'components', 'lib', 'gate', 'db', 'bin', 'demo', 'e2e', 'testing', 'bench', 'faults'].flatMap(
  (folder) => filesBelow(folder, ['.ts', '.tsx']),
)

/** Where the environment may be read: the one module that checks it, the programs that hand it on, and tests. */
const mayReadEnvironment = /^(lib\/env\.ts|db\/|bin\/|e2e\/|testing\/|bench\/|faults\/)|\.test\.tsx?$|\.config\.[jt]s$/

function problemsOf(path, text) {
  const problems = []
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  if (/\bprocess\s*\.\s*env\b|\bprocess\s*\[\s*['"]env/.test(code) && !mayReadEnvironment.test(path)) {
    problems.push(`${path}: reads process.env; take it from lib/env`)
  }
  if (/^\s*['"]use server['"]/m.test(code) && !/^import ['"]server-only['"]/m.test(code)) {
    problems.push(`${path}: is 'use server' without import 'server-only'`)
  }
  return problems
}

/** Names that only server code has; minified code keeps them in strings and property names. */
const serverOnly = ['drizzle', 'node:crypto', 'createHmac', 'timingSafeEqual']

function problemsOfChunks() {
  const chunks = filesBelow('.next/static', ['.js'])
  if (chunks.length === 0) return ['.next/static: no chunks; run the build first']
  return chunks.flatMap((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    return serverOnly.filter((word) => text.includes(word)).map((word) => `${path}: a browser is given ${word}`)
  })
}

/** Each of these must be refused, or the rule has fallen asleep. */
const planted = [
  ['components', `import { connect } from '@/db/client'\nexport const x = connect\n`],
  ['app', `import { sql } from 'drizzle-orm'\nexport const x = sql\n`],
  ['gate', `import { merchant } from '@/db/schema'\nexport const x = merchant\n`],
  ['lib', `import { headers } from 'next/headers'\nexport const x = headers\n`],
  ['db', `import { can } from '@/lib/access/model'\nexport const x = can\n`],
]

function problemsOfTheRule() {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
  return planted.flatMap(([folder, text]) => {
    const directory = mkdtempSync(join(root, folder, 'planted-'))
    const file = join(directory, 'violation.ts')
    try {
      writeFileSync(file, text)
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [biome, 'lint', '--only=style/noRestrictedImports', file],
        {
          cwd: root,
          encoding: 'utf8',
        },
      )
      const caught = status !== 0 && /noRestrictedImports/.test(stdout + stderr)
      return caught ? [] : [`${relative(root, file)}: the import rule let ${JSON.stringify(text.split('\n')[0])} pass`]
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
}

/** The rules of this file, seen to fail. */
const own = [
  ['app/x.ts', `export const x = process.env.HOME`],
  ['lib/x.ts', `export const x = process['env']`],
  ['app/actions.ts', `'use server'\nexport async function x() {}`],
]
const asleep = own.filter(([path, text]) => problemsOf(path, text).length !== 1)

const problems = process.argv.includes('--built')
  ? problemsOfChunks()
  : [
      ...(sources.length < 50 ? [`only ${sources.length} source files were found`] : []),
      ...sources.flatMap((path) => problemsOf(path, readFileSync(join(root, path), 'utf8'))),
      ...asleep.map(([path, text]) => `${path}: ${JSON.stringify(text)} passed`),
      ...problemsOfTheRule(),
    ]
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exit(1)
console.log(
  process.argv.includes('--built') ? 'browsers are given no server code' : `${sources.length} files keep the rules`,
)
