import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  cpSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DISK_TROUBLE } from '@/db/embedded/disk'
import { FSYNC_FAILED } from '@/db/embedded/durable'
import { embeddedUrl, socketDirectory } from '@/db/embedded/location'
import { programs, template } from '@/testing/embedded'
import { readyLine } from '@/testing/ready-line'
import { Supervisor } from './shared/supervisor'

/** What the owner does on a disk that fails, is full or cannot be written. */
let dataDir: string
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-disk-'))
  cpSync(await template(), join(dataDir, 'database'), { recursive: true })
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

/** A disk that refuses every fsync with EIO while the file `broken` is there: below the program, in Node itself. */
function breakable(): { env: Record<string, string>; broken: string } {
  const broken = join(dataDir, 'broken')
  const script = join(dataDir, 'breakable.mjs')
  writeFileSync(
    script,
    `import fs from 'node:fs'
     import { syncBuiltinESMExports } from 'node:module'
     const { fsyncSync } = fs
     fs.fsyncSync = (descriptor) => {
       if (fs.existsSync(${JSON.stringify(broken)})) throw Object.assign(new Error('i/o error'), { code: 'EIO' })
       return fsyncSync(descriptor)
     }
     syncBuiltinESMExports()`,
  )
  return { env: { PATH: process.env['PATH'] ?? '', DATA_DIR: dataDir, NODE_OPTIONS: `--import=${script}` }, broken }
}

async function connected(url = embeddedUrl(dataDir)): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return client
}

// CHECKS 139
test('when the disk refuses an fsync the owner ends with its own code and acknowledges nothing', async () => {
  const { env, broken } = breakable()
  const owner = spawn(process.execPath, [join(programs, 'owner.mjs')], { env: { NODE_ENV: 'test', ...env } })
  let said = ''
  owner.stderr.on('data', (chunk) => (said += chunk))
  await readyLine(owner)
  const client = await connected()
  await client.query('create table noted (n int)')
  const exit = once(owner, 'exit')
  writeFileSync(broken, '')
  await expect(client.query('insert into noted values (1)')).rejects.toThrow()
  expect(await exit).toEqual([FSYNC_FAILED, null])
  expect(said).toContain('the disk refused an fsync (EIO): the database stops')
}, 30_000)

// CHECKS 139
test('the supervisor starts the owner again, and with a disk that works everything acknowledged is there', async () => {
  const { env, broken } = breakable()
  const said: string[] = []
  const supervisor = new Supervisor({
    logDir: join(dataDir, 'logs'),
    say: (line) => {
      said.push(line)
      // The disk is replaced as soon as somebody has read that line.
      if (line.includes(`exit code ${FSYNC_FAILED}`)) rmSync(broken)
    },
    onGivenUp: () => said.push('given up'),
  })
  try {
    await supervisor.start({ name: 'owner', command: [join(programs, 'owner.mjs')], env, watched: true })
    const first = await connected()
    await first.query('create table noted (n int)')
    for (const n of [1, 2, 3]) await first.query('insert into noted values ($1)', [n])
    writeFileSync(broken, '')
    await expect(first.query('insert into noted values (4)')).rejects.toThrow()
    await expect.poll(() => said.filter((line) => / ready in /.test(line)).length, { timeout: 20_000 }).toBe(2)
    const second = await connected()
    const { rows } = await second.query('select n from noted where n <= 3 order by n')
    expect(rows.map((row) => row.n)).toEqual([1, 2, 3])
    await second.query('insert into noted values (5)')
    await second.end()
    expect(said.join('\n')).toMatch(
      new RegExp(`owner +stopped \\(exit code ${FSYNC_FAILED}: the disk refused an fsync \\(EIO\\): .*\\), restart`),
    )
  } finally {
    await supervisor.stop()
  }
}, 60_000)

/** Mounts need root and a mount namespace of their own; elsewhere these tests are skipped. */
const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0
const mounting = test.skipIf(!canMount)

/** A mount namespace in which `dataDir` is a disk of its own. */
async function ownDisk(mount: string) {
  const script = `${mount} && echo ready && exec sleep 600`
  const holder = spawn('unshare', ['-m', '--propagation', 'private', 'sh', '-c', script])
  await readyLine(holder)
  const inside = ['-t', String(holder.pid), '-m']
  const owners: ChildProcess[] = []
  return {
    /** Where the rest of the host sees it. */
    path: `/proc/${holder.pid}/root${dataDir}`,
    run: (...command: string[]) => execFileSync('nsenter', [...inside, ...command]),
    /** Its exit code and what it said, or null when it serves. */
    async owner(): Promise<{ ended: Promise<{ code: number | null; said: string }>; serves: boolean }> {
      const env = { NODE_ENV: 'test', PATH: process.env['PATH'], DATA_DIR: dataDir } as const
      const owner = spawn('nsenter', [...inside, process.execPath, join(programs, 'owner.mjs')], { env })
      owners.push(owner)
      let said = ''
      owner.stderr.on('data', (chunk) => (said += chunk))
      const ended = once(owner, 'exit').then(([code]) => ({ code: code as number | null, said }))
      const serves = await readyLine(owner).then(
        () => true,
        () => false,
      )
      return { ended, serves }
    },
    async stop() {
      for (const owner of owners) owner.kill('SIGKILL')
      holder.kill('SIGKILL')
      await once(holder, 'exit')
    },
  }
}

// CHECKS 139
mounting(
  'on a full disk nothing is acknowledged that is not kept, and with room again nothing is repaired',
  async () => {
    const files = await template()
    const disk = await ownDisk(
      `mount -t tmpfs -o size=96m none ${dataDir} && cp -r --sparse=never ${files} ${dataDir}/database`,
    )
    const url = `postgres://gatehouse@${encodeURIComponent(socketDirectory(disk.path))}/gatehouse`
    try {
      const first = await disk.owner()
      const client = await connected(url)
      await client.query('create table noted (n int)')
      fill(join(disk.path, 'ballast'))
      const acknowledged: number[] = []
      let broken = false
      for (let n = 0; !broken; n += 1) {
        try {
          await client.query(
            `with long as (select pg_logical_emit_message(true, 'test', repeat('x', 8000)))
           insert into noted select $1 from long`,
            [n],
          )
          acknowledged.push(n)
        } catch (error) {
          // While only a table cannot grow, the statement is refused and the database goes on.
          broken = (error as { code?: string }).code !== '53100'
        }
      }
      const stopped = await first.ended
      expect(stopped.code).toBe(DISK_TROUBLE)
      expect(stopped.said).toMatch(/is full: \d+ MB are free, 32 MB are needed. Make room: nothing has to be repaired/)

      const again = await disk.owner()
      if (!again.serves) expect((await again.ended).said).toContain('is full')
      else await connected(url).then((c) => c.end())
      rmSync(join(disk.path, 'ballast'))
      const last = again.serves ? again : await disk.owner()
      expect(last.serves).toBe(true)
      const after = await connected(url)
      const { rows } = await after.query('select n from noted')
      const kept = new Set(rows.map((row) => row.n))
      expect(acknowledged.length).toBeGreaterThan(10)
      expect(acknowledged.filter((n) => !kept.has(n))).toEqual([])
      await after.query('insert into noted values (-1)')
      await after.end()
    } finally {
      await disk.stop()
    }
  },
  90_000,
)

// CHECKS 139
mounting(
  'on a disk that cannot be written the owner does not start, says why, and changes nothing',
  async () => {
    mkdirSync(join(dataDir, 'run'), { mode: 0o700 })
    const disk = await ownDisk(`mount --bind ${dataDir} ${dataDir} && mount -o remount,bind,ro ${dataDir}`)
    try {
      const refused = await disk.owner()
      expect(refused.serves).toBe(false)
      const { code, said } = await refused.ended
      expect(code).toBe(DISK_TROUBLE)
      expect(said).toMatch(/database cannot be written \(EROFS\). Make it writable: nothing/)
      disk.run('mount', '-o', 'remount,bind,rw', dataDir)
      expect((await disk.owner()).serves).toBe(true)
    } finally {
      await disk.stop()
    }
  },
  60_000,
)

/** Takes what is free but for a megabyte: tables still grow for a while, and the log finds no room for its next file. */
function fill(path: string): void {
  const descriptor = openSync(path, 'w')
  try {
    for (;;) writeSync(descriptor, Buffer.alloc(64 * 1024))
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC')
  }
  ftruncateSync(descriptor, fstatSync(descriptor).size - 1024 * 1024)
  closeSync(descriptor)
}
