import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { programs, template } from '@/testing/embedded'
import { readyLine } from '@/testing/ready-line'
import { Supervisor } from './supervisor'
import { watch } from './watchdog'

let folder: string
let said: string[]
let supervisor: Supervisor
let givenUp: string[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-run-'))
  said = []
  givenUp = []
  supervisor = new Supervisor({
    logDir: join(folder, 'logs'),
    say: (l) => said.push(l),
    onGivenUp: (p) => givenUp.push(p),
    lookEveryMs: 200,
  })
})
afterEach(async () => {
  await supervisor.stop()
  rmSync(folder, { recursive: true })
})

/** A part that does what a few lines of script say. */
function part(name: string, script: string) {
  const file = join(folder, `${name}.mjs`)
  writeFileSync(file, script)
  return { name, command: [file], env: { PATH: process.env['PATH'] ?? '' } }
}
const serving = `console.log('ready x'); setInterval(() => {}, 1000)`
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('a part that is killed is back, and its log tells of both', async () => {
  await supervisor.start(part('one', serving))
  const first = supervisor.pidOf('one')!
  process.kill(first, 'SIGKILL')
  await expect.poll(() => supervisor.pidOf('one') ?? first).not.toBe(first)
  await expect.poll(() => readFileSync(join(folder, 'logs/one.log'), 'utf8').match(/ready/g)).toHaveLength(2)
  expect(said.join('\n')).toMatch(/one +stopped \(SIGKILL\), restart in 100 ms/)
})

const breathing = `const say = () => process.send('alive'); say(); setInterval(say, 20); ${serving}`

test('a part that is frozen is found, killed and started again', async () => {
  await supervisor.start(part('one', breathing))
  const first = supervisor.pidOf('one')!
  process.kill(first, 'SIGSTOP')
  await expect.poll(() => supervisor.pidOf('one') ?? first, { timeout: 10_000 }).not.toBe(first)
  expect(alive(first)).toBe(false)
  expect(said.join('\n')).toMatch(/one +gave no sign of life for \d+ s: killed/)
})

test('a part whose event loop is stuck is found too, and only that one', async () => {
  const go = join(folder, 'go')
  const stuck = `import { existsSync } from 'node:fs'
    setInterval(() => { if (existsSync(${JSON.stringify(go)})) for (;;) {} }, 10)`
  await supervisor.start(part('stuck', `${stuck}\n${breathing}`))
  await supervisor.start(part('well', breathing))
  const [stuckPid, wellPid] = [supervisor.pidOf('stuck')!, supervisor.pidOf('well')!]
  writeFileSync(go, '')
  await expect.poll(() => alive(stuckPid), { timeout: 10_000 }).toBe(false)
  rmSync(go)
  await expect.poll(() => supervisor.pidOf('stuck') ?? stuckPid, { timeout: 10_000 }).not.toBe(stuckPid)
  expect(supervisor.pidOf('well')).toBe(wellPid)
})

test('the silence of a part that somebody else watches, or that never spoke, means nothing', async () => {
  await supervisor.start({ ...part('watched', breathing), watched: true })
  await supervisor.start(part('mute', serving))
  await supervisor.start(part('frozen', breathing))
  const [watched, mute, frozen] = ['watched', 'mute', 'frozen'].map((name) => supervisor.pidOf(name)!)
  for (const pid of [watched!, frozen!]) process.kill(pid, 'SIGSTOP')
  // Found later than the others would have been: they were silent as long.
  await expect.poll(() => supervisor.pidOf('frozen') ?? frozen, { timeout: 10_000 }).not.toBe(frozen)
  expect([supervisor.pidOf('watched'), supervisor.pidOf('mute')]).toEqual([watched, mute])
  process.kill(watched!, 'SIGCONT')
})

test('a log that cannot be written is said once and stops nobody', async () => {
  mkdirSync(join(folder, 'logs'), { recursive: true })
  symlinkSync('/dev/full', join(folder, 'logs/loud.log'))
  await supervisor.start(part('loud', `setInterval(() => console.log('x'), 10); ${serving}`))
  const pid = supervisor.pidOf('loud')!
  const about = () => said.filter((line) => line.includes('cannot be written'))
  await expect.poll(() => about().length).toBe(1)
  await expect.poll(() => about()[0]).toMatch(/^loud +its log cannot be written \(ENOSPC\): lines are lost$/)
  expect(alive(pid)).toBe(true)
})

test('a part that says why it ends is quoted, also when it ends before it is ready again', async () => {
  const once = join(folder, 'once')
  const script = `import { existsSync, writeFileSync } from 'node:fs'
    if (existsSync(${JSON.stringify(once)})) { console.error('cannot start: no room'); process.exit(1) }
    writeFileSync(${JSON.stringify(once)}, '')
    console.log('ready x')
    setTimeout(() => { console.error('the embedded database stops: the disk is full'); process.exit(71) }, 50)`
  await supervisor.start(part('one', script))
  await expect.poll(() => said.length, { timeout: 10_000 }).toBeGreaterThan(2)
  expect(said[1]).toMatch(/one +stopped \(exit code 71: the embedded database stops: the disk is full\), restart/)
  expect(said[2]).toMatch(/one +stopped \(exit code 1: cannot start: no room, before it was ready\), restart/)
})

test('a part that never becomes ready stops the start and says what it printed', async () => {
  await expect(supervisor.start(part('bad', `console.error('the key is wrong'); process.exit(3)`))).rejects.toThrow(
    /bad did not start \(exit code 3\):\nthe key is wrong/,
  )
})

test('a step that runs to its end is waited for, and is not started again', async () => {
  await supervisor.start({
    ...part('step', `console.log('ready early'); setTimeout(() => process.exit(0), 300)`),
    once: true,
  })
  expect(supervisor.pidOf('step')).toBeUndefined()
})

test('a part that dies again and again is given up, and everything stops', async () => {
  await supervisor.start(part('steady', serving))
  const steady = supervisor.pidOf('steady')!
  await supervisor.start(part('frail', `console.log('ready x'); setTimeout(() => process.exit(1), 20)`))
  await expect.poll(() => givenUp, { timeout: 20_000 }).toEqual(['frail'])
  expect(alive(steady)).toBe(false)
}, 30_000)

// CHECKS 139
test('a part that waits for its disk is never given up, says so once, and serves when there is room', async () => {
  const tries = join(folder, 'tries')
  const script = `import { appendFileSync, existsSync, readFileSync } from 'node:fs'
    appendFileSync('${tries}', 'x')
    const n = readFileSync('${tries}', 'utf8').length
    if (n > 1 && n < 10) { console.error('cannot start: the disk is full'); process.exit(75) }
    ${serving}`
  await supervisor.stop()
  supervisor = new Supervisor({
    logDir: join(folder, 'logs'),
    say: (l) => said.push(l),
    onGivenUp: (p) => givenUp.push(p),
    waitMs: 20,
  })
  await supervisor.start(part('full', script))
  process.kill(supervisor.pidOf('full')!, 'SIGKILL')
  await expect.poll(() => said.filter((line) => / ready in /.test(line)).length, { timeout: 20_000 }).toBe(2)
  expect(readFileSync(tries, 'utf8')).toHaveLength(10)
  expect(givenUp).toEqual([])
  expect(said.filter((line) => line.includes('the disk is full'))).toHaveLength(1)
})

test('parts are stopped in two waves: the database goes last', async () => {
  const order = join(folder, 'order')
  const noted = (name: string) =>
    `import { appendFileSync } from 'node:fs'
     const end = () => { appendFileSync(${JSON.stringify(order)}, '${name} '); process.exit(0) }
     process.on('SIGTERM', () => setTimeout(end, ${name === 'gate' ? 300 : 0}))
     ${serving}`
  await supervisor.start({ ...part('database', noted('database')), last: true })
  await supervisor.start(part('gate', noted('gate')))
  await supervisor.stop()
  expect(readFileSync(order, 'utf8')).toBe('gate database ')
})

test('a supervisor that is killed itself leaves nothing behind', async () => {
  cpSync(await template(), join(folder, 'data/database'), { recursive: true })
  const child = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `import { spawn } from 'node:child_process'
     const owner = spawn(process.execPath, [${JSON.stringify(join(programs, 'owner.mjs'))}],
       { detached: true, stdio: ['ignore', 'pipe', 'inherit'],
         env: { DATA_DIR: ${JSON.stringify(join(folder, 'data'))}, GATEHOUSE_SUPERVISED: String(process.pid) } })
     owner.stdout.on('data', () => console.log('ready ' + owner.pid))`,
  ])
  const pid = Number((await readyLine(child)).split(' ')[1])
  expect(alive(pid)).toBe(true)
  child.kill('SIGKILL')
  await once(child, 'exit')
  await expect.poll(() => alive(pid), { timeout: 5000 }).toBe(false)
}, 60_000)

test('a database that answers nothing is killed; one that is not there is not', async () => {
  const silent = new Set<Socket>()
  const server = createServer((socket) => silent.add(socket))
  const socket = join(folder, '.s.PGSQL.5432')
  await new Promise<void>((done) => server.listen(socket, done))
  const url = `postgres://gatehouse@${encodeURIComponent(folder)}/gatehouse`
  let kills = 0
  const stop = watch(
    url,
    () => {
      kills += 1
    },
    { everyMs: 50, silentForMs: 400 },
  )
  await expect.poll(() => kills, { timeout: 5000 }).toBeGreaterThan(0)
  stop()
  for (const each of silent) each.destroy()
  await new Promise<void>((done) => server.close(() => done()))
  kills = 0
  const stopAgain = watch(
    url,
    () => {
      kills += 1
    },
    { everyMs: 50, silentForMs: 400 },
  )
  await new Promise((done) => setTimeout(done, 1200))
  stopAgain()
  expect(kills).toBe(0)
})
