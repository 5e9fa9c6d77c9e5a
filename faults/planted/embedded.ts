import type { Fault } from './fault'

const sharing = ['db/embedded/multiplexer.test.ts']
const durability = ['db/embedded/durability.test.ts']
const multiplexer = { file: 'db/embedded/multiplexer.ts', tests: sharing, project: 'once' } as const
const statements = { file: 'db/embedded/statements.ts', tests: sharing, project: 'once' } as const
const durable = { file: 'db/embedded/durable.ts', tests: durability, project: 'once' } as const
const owner = { file: 'db/embedded/owner.ts', tests: durability, project: 'once' } as const
const client = { file: 'db/client.ts', tests: ['db/client.test.ts'], project: 'once' } as const

/** The embedded database: one session for everybody, and the disk. */
export const embeddedFaults: Fault[] = [
  {
    ...durable,
    name: 'an fsync is counted and not made',
    named: 'every commit is on the disk',
    find: '      fsyncSync(descriptor)\n    } catch (error) {',
    replace: '      fstatSync(descriptor)\n    } catch (error) {',
  },
  {
    ...durable,
    name: 'PGlite is started without fsync',
    named: 'every commit is on the disk',
    find: "...PGlite.defaultStartParams.filter((p) => p !== '-F'),",
    replace: '...PGlite.defaultStartParams,',
    survives: '`-c fsync=on` comes after it and wins; the program also refuses to start where a commit makes no fsync',
  },
  {
    ...durable,
    name: 'commits are acknowledged before they are on the disk',
    named: 'every commit is on the disk',
    find: "'synchronous_commit=on'",
    replace: "'synchronous_commit=off'",
  },
  {
    file: 'db/embedded/lock.ts',
    tests: durability,
    project: 'once',
    name: 'two processes open one data directory',
    named: 'a second process on the same',
    find: '  if (taken) throw new AlreadyOpen(directory, await holderOf(name))\n',
    replace: '',
  },
  {
    ...owner,
    name: 'a directory with files of somebody else is made a database',
    named: 'holds files but no database',
    find: 'if (existsSync(directory) && readdirSync(directory).length > 0) {',
    replace: 'if (existsSync(directory) && readdirSync(directory).length > 100) {',
  },
  {
    ...owner,
    name: 'the database is opened during next build',
    named: 'during next build',
    find: "=== 'phase-production-build') throw",
    replace: "=== 'phase-development-build') throw",
  },
  {
    ...owner,
    name: 'an answer is a view into memory that the next message overwrites',
    tests: sharing,
    find: 'answer.push(bytes.slice())',
    replace: 'answer.push(bytes)',
  },
  {
    file: 'db/embedded/location.ts',
    tests: durability,
    project: 'once',
    name: 'everybody on the machine reaches the socket',
    named: 'only this user reaches',
    find: 'chmodSync(path, 0o700)',
    replace: 'chmodSync(path, 0o755)',
  },
  {
    ...multiplexer,
    name: 'the transaction of a client that vanished goes on',
    find: "      await this.#internal('rollback')\n",
    replace: '',
  },
  {
    ...multiplexer,
    name: 'others run inside the transaction of one client',
    find: "this.#pinned = status === 'I' ? null : client",
    replace: "this.#pinned = status === 'E' ? client : null",
  },
  {
    ...multiplexer,
    name: 'prepared statements of all clients share their names',
    find: '`c${client.id}_${name}`',
    replace: '`c_${name}`',
  },
  {
    ...multiplexer,
    name: 'the unnamed statement of another client is run',
    find: "if (!unnamedIsOurs && client.unnamed && type !== 'C') {",
    replace: "if (!unnamedIsOurs && client.unnamed && type === 'C') {",
    survives:
      'no test yet: the driver of the tests sends Parse and Bind in one batch; a client that splits them has to be spoken byte by byte',
  },
  {
    ...multiplexer,
    name: 'everybody hears every notification',
    find: 'client.channels.has(channel) && !client',
    replace: '!client',
  },
  {
    ...multiplexer,
    name: 'whoever idles inside a transaction keeps everybody waiting',
    find: '    if (waiting) this.#idle ??= setTimeout(() => this.#expire(waiting), this.#options.idleInTransactionMs)\n',
    replace: '',
  },
  {
    ...multiplexer,
    name: 'what a client prepared stays when it has left',
    tests: durability,
    named: 'killed clients',
    find: '    if (closing.length > 0) this.#route(',
    replace: '    if (closing.length < 0) this.#route(',
  },
  {
    ...multiplexer,
    name: 'a message of impossible length ends the database',
    find: 'if (error instanceof RangeError) this',
    replace: 'if (error instanceof TypeError) this',
  },
  {
    ...statements,
    name: 'a setting of one client is a setting of all',
    find: "first === 'set' && !['local', 'transaction', 'constraints']",
    replace: "first === 'set' && !['local', 'transaction', 'constraints', 'timezone', 'search_path', 'session']",
  },
  {
    ...statements,
    name: 'a lock of the session is taken',
    find: "if (sessionLock.test(word)) return 'a session-level advisory lock'",
    replace: "if (sessionLock.test(word) && word.length > 99) return 'a session-level advisory lock'",
  },
  {
    ...statements,
    name: 'a comment hides what a statement does',
    find: '      at = endOfComment(sql, at)\n      continue',
    replace: '      at += 2\n      continue',
  },
  {
    ...client,
    name: 'a query on the pool waits for the transaction around it',
    find: "    if (inTransaction.getStore()) throw new Error('a query on the pool inside a transaction: use its tx')\n",
    replace: '',
  },
  {
    ...client,
    name: 'a connection that the server ends ends the process',
    find: "  pool.on('error', () => {})\n",
    replace: '',
  },
  {
    ...client,
    name: 'the log holds the parameters of a failed query',
    find: "if (typeof code === 'string') return code",
    replace: "if (typeof code === 'string') return e.message",
  },
]
