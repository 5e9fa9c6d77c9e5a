#!/usr/bin/env node
/**
 * `npm start` and `npm test` on a fresh clone: what is missing is installed or built, with a line for each step that
 * takes long. Plain Node without any package, since none may be there yet.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const at = (...parts) => join(root, ...parts)
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
const began = Date.now()
const say = (text) => console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)}s  ${text}`)

class Missing extends Error {}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Missing(`Node ${process.versions.node} is too old: install Node 20.19 or newer (22 and 24 work too)`)
  }
}

const sha = (...texts) =>
  texts.reduce((hash, text) => hash.update(text).update('\0'), createHash('sha256')).digest('hex')

/** Runs a command and shows a sign of life while it is silent. */
function runStep(name, command, args, env = {}) {
  say(`${name} …`)
  const since = Date.now()
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  let output = ''
  const keep = (chunk) => {
    output = (output + chunk).slice(-20_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const alive = setInterval(() => say(`${name}: still at it, ${Math.round((Date.now() - since) / 1000)} s`), 10_000)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => {
      clearInterval(alive)
      if (code === 0) resolve(say(`${name}: done in ${((Date.now() - since) / 1000).toFixed(1)} s`))
      else reject(new Missing(`${name} failed (exit code ${code}):\n${output}`))
    })
  })
}

/** `npm ci` when there are no packages, or those of another lock file. Never a download of browsers. */
async function install() {
  const wanted = sha(readFileSync(at('package-lock.json')), process.versions.node.split('.')[0])
  const mark = at('node_modules/.gatehouse-installed')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return
  // Somebody who ran npm ci or npm install by hand need not wait again.
  const own = at('node_modules/.package-lock.json')
  const byHand = existsSync(own) && statSync(own).mtimeMs >= statSync(at('package-lock.json')).mtimeMs
  if (!byHand || existsSync(mark)) {
    await runStep(
      'installing packages (npm ci)',
      npm,
      ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--include=dev'],
      {
        PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1',
        NODE_ENV: 'development',
      },
    )
  }
  writeFileSync(mark, wanted)
}

const sourceFolders = ['app', 'bin', 'components', 'db', 'demo', 'gate', 'lib', 'public']
const sourceFiles = ['next.config.js', 'package.json', 'package-lock.json', 'postcss.config.mjs', 'tsconfig.json']

function filesBelow(folder) {
  if (!existsSync(at(folder))) return []
  return readdirSync(at(folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory()) return filesBelow(path)
      return /\.test\.tsx?$/.test(path) ? [] : [path]
    })
}

/** Builds when a source has changed since the last build. @returns whether it did */
async function build() {
  const files = [...sourceFiles, ...sourceFolders.flatMap(filesBelow)].filter((path) => existsSync(at(path)))
  const wanted = sha(process.version, ...files.flatMap((path) => [path, readFileSync(at(path))]))
  const mark = at('build/.sources')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted && existsSync(at('.next/BUILD_ID'))) return false
  const env = { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' }
  await runStep(
    'building the pages (next build)',
    process.execPath,
    [at('node_modules/next/dist/bin/next'), 'build'],
    env,
  )
  await runStep('bundling the programs', process.execPath, [at('bin/build.mjs')], env)
  mkdirSync(at('build'), { recursive: true })
  writeFileSync(mark, wanted)
  return true
}

async function start() {
  checkNode()
  await install()
  await build()
  process.argv.splice(2, process.argv.length, '--demo')
  process.argv[1] = at('build/start.mjs')
  await import(pathToFileURL(process.argv[1]).href)
}

/** Everything CI runs, as one list. `npm test -- unit types` runs only those. */
async function test(only) {
  checkNode()
  await install()
  const steps = [
    ['lint', () => runHere(npm, ['run', '--silent', 'lint'])],
    ['types', () => runHere(npm, ['run', '--silent', 'types'])],
    ['postgres', findPostgres],
    ['unit', () => runHere(npm, ['run', '--silent', 'unit'])],
    ['build', build],
    ['bundle', () => runHere(process.execPath, [at('bin/lint-imports.mjs'), '--built'])],
    ['chromium', findChromium],
    ['e2e', () => runHere(npm, ['run', '--silent', 'e2e'])],
  ].filter(([name]) => only.length === 0 || only.includes(name))
  const durations = []
  for (const [name, step] of steps) {
    const since = Date.now()
    console.log(`\n── ${name} ${'─'.repeat(60 - name.length)}`)
    try {
      await step()
      durations.push([name, 'ok', Date.now() - since])
    } catch (error) {
      durations.push([name, 'FAILED', Date.now() - since])
      console.error(error instanceof Missing ? error.message : error)
    }
  }
  console.log('')
  for (const [name, how, ms] of durations)
    console.log(`${name.padEnd(10)} ${how.padEnd(7)} ${(ms / 1000).toFixed(1)} s`)
  console.log(`${'all'.padEnd(10)} ${' '.repeat(7)} ${((Date.now() - began) / 1000).toFixed(1)} s`)
  if (durations.some(([, how]) => how !== 'ok')) process.exit(1)
}

function runHere(command, args) {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' }
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Missing(`exit code ${code}`))))
  })
}

const isRoot = process.getuid?.() === 0
const has = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0

async function aptInstall(what, packages) {
  if (!isRoot || !has('apt-get')) {
    throw new Missing(`${what} is missing: install it (Debian, Ubuntu: sudo apt-get install ${packages.join(' ')})`)
  }
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await runStep('apt-get update', 'apt-get', ['update', '-q'], env)
  await runStep(`installing ${what}`, 'apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], env)
}

async function findPostgres() {
  const installed = () =>
    existsSync('/usr/lib/postgresql') &&
    readdirSync('/usr/lib/postgresql').some((v) => existsSync(`/usr/lib/postgresql/${v}/bin/initdb`))
  if (!installed()) await aptInstall('PostgreSQL', ['postgresql'])
  if (!installed()) throw new Missing('PostgreSQL was installed, and its programs are not in /usr/lib/postgresql')
  say('PostgreSQL is there')
}

async function findChromium() {
  const found = () => ['chromium', 'chromium-browser', 'google-chrome'].some(has)
  if (!found()) await aptInstall('Chromium', ['chromium'])
  say('Chromium is there')
}

const [, , command = '', ...rest] = process.argv
const commands = { start, test: () => test(rest), build: async () => void (await build()) }
try {
  if (!commands[command]) throw new Missing(`write: node bin/setup.mjs ${Object.keys(commands).join(' | ')}`)
  await commands[command]()
} catch (error) {
  console.error(error instanceof Missing ? `\n${error.message}` : error)
  process.exit(1)
}
