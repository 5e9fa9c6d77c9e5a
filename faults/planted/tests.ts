import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * What a run of tests says of the fault in it: `failed` names the first test that an assertion or an error of the
 * product ended; `endless` is a run that had to be ended; `broken` is one that says nothing, because a file did not
 * load, its set-up failed, or the fault was no program any more.
 */
export type Outcome =
  | { kind: 'passed' }
  | { kind: 'failed'; test: string; inTime: boolean }
  | { kind: 'endless' }
  | { kind: 'broken'; why: string }

type Report = {
  success: boolean
  testResults: {
    name: string
    status: string
    message?: string
    assertionResults: { fullName: string; status: string; failureMessages?: string[] }[]
  }[]
}

/** Errors of a text that is no program: nobody could ship it, so catching it proves nothing. */
const NO_PROGRAM = /^(ReferenceError|SyntaxError|TypeError: .* is not a function)/

const running = new Set<number>()

/** Ends every run that is under way, with everything that it started: its databases and programs. */
export function endAll(): void {
  for (const group of running) {
    try {
      process.kill(-group, 'SIGKILL')
    } catch {
      // It has just ended by itself.
    }
  }
}

/** Runs the named test files of a project in `directory`, up to the first failure. */
export async function runTests(
  directory: string,
  given: { project: string; tests: readonly string[]; named?: string; limitMs: number; all?: boolean },
): Promise<Outcome> {
  const results = mkdtempSync(join(tmpdir(), 'gatehouse-planted-results-'))
  const file = join(results, 'results.json')
  const bail = given.all ? [] : ['--bail', '1']
  const child = spawn(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--project', given.project, ...bail]
      .concat(['--reporter', 'json', '--outputFile', file])
      .concat(given.named ? ['--testNamePattern', given.named] : [])
      .concat(given.tests),
    { cwd: directory, detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const group = child.pid as number
  running.add(group)
  let said = ''
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-2_000)
  })
  let endless = false
  const limit = setTimeout(() => {
    endless = true
    process.kill(-group, 'SIGKILL')
  }, given.limitMs)
  await once(child, 'exit')
  clearTimeout(limit)
  running.delete(group)
  try {
    return endless ? { kind: 'endless' } : read(readFileSync(file, 'utf8'))
  } catch {
    return { kind: 'broken', why: `no results: ${said.trim().split('\n').at(-1) ?? ''}` }
  } finally {
    rmSync(results, { recursive: true, force: true })
  }
}

function read(json: string): Outcome {
  const report = JSON.parse(json) as Report
  const failed = report.testResults.flatMap((file) => file.assertionResults.filter((t) => t.status === 'failed'))
  const messageOf = (test: (typeof failed)[number]): string => test.failureMessages?.[0] ?? ''
  const real = failed.find((test) => !NO_PROGRAM.test(messageOf(test)))
  if (real) return { kind: 'failed', test: real.fullName, inTime: !/^Error: Test timed out/.test(messageOf(real)) }
  if (failed[0]) return { kind: 'broken', why: messageOf(failed[0]).split('\n')[0] ?? '' }
  const unloaded = report.testResults.find((file) => file.status === 'failed')
  if (unloaded) return { kind: 'broken', why: (unloaded.message ?? '').split('\n')[0] ?? '' }
  const ran = report.testResults.some((file) => file.assertionResults.some((test) => test.status === 'passed'))
  if (!ran) return { kind: 'broken', why: 'no test ran' }
  return report.success ? { kind: 'passed' } : { kind: 'broken', why: 'an error outside every test' }
}
