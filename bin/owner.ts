import { resolve } from 'node:path'
import { initialise, serve } from '@/db/embedded/owner'
import { readEnv } from '@/lib/env'
import { ready, run, stopWith } from './shared/process'

/** Opens the embedded database, alone, and serves it to the other programs. `owner initdb DIRECTORY` makes a new one. */
run(async () => {
  if (process.argv[2] === 'initdb') {
    await initialise(resolve(process.argv[3] ?? ''))
    process.exit(0)
  }
  const self = process.argv[1] ?? ''
  const owner = await serve({
    dataDir: readEnv('owner').dataDir,
    initdb: (directory) => [process.execPath, '--enable-source-maps', self, 'initdb', directory],
  })
  stopWith(() => owner.close())
  ready(`database ${owner.socket}`)
})
