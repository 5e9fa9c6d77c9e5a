import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NodeFS } from '@electric-sql/pglite/nodefs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { template } from '@/testing/embedded'
import { DurableFs, open } from './durable'

let dataDir: string
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-durable-'))
  cpSync(await template(), join(dataDir, 'database'), { recursive: true })
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

/** What PGlite's own file system does when the database asks for an fsync: nothing. */
class CarelessFs extends DurableFs {
  override init(...given: Parameters<NodeFS['init']>) {
    return NodeFS.prototype.init.call(this, ...given)
  }
}

test('a database whose fsync does nothing is refused when it is opened', async () => {
  const directory = join(dataDir, 'database')
  await expect(open(directory, new CarelessFs(directory))).rejects.toThrow(/a commit made no fsync/)
  const { db, files } = await open(directory)
  expect(files.fsyncs).toBeGreaterThan(0)
  await db.close()
})
