import pg from 'pg'

/**
 * Moves money between accounts in transactions, some of which fail, roll back or lose their connection, until it is
 * killed. Every committed transfer is in the log of the same transaction.
 */
const [, , url = '', accounts = '20'] = process.argv
const pool = new pg.Pool({ connectionString: url, max: 4, connectionTimeoutMillis: 5000 })
pool.on('error', () => {})
const pick = (n: number): number => Math.floor(Math.random() * n)

async function transfer(): Promise<void> {
  const client = await pool.connect()
  let broken = false
  client.on('error', () => {
    broken = true
  })
  try {
    const [from, to, amount] = [pick(Number(accounts)), pick(Number(accounts)), 1 + pick(9)]
    await client.query('begin')
    await client.query({
      name: 'take',
      text: 'update account set balance = balance - $2 where id = $1',
      values: [from, amount],
    })
    const fate = pick(20)
    if (fate === 0) {
      broken = true
      ;(client as unknown as { connection: { stream: { destroy: () => void } } }).connection.stream.destroy()
      return
    }
    if (fate === 1) await client.query('select 1 / 0').catch(() => {})
    if (fate === 2) return void (await client.query('rollback'))
    await client.query({
      name: 'give',
      text: 'update account set balance = balance + $2 where id = $1',
      values: [to, amount],
    })
    await client.query({ name: 'log', text: 'insert into transfer values ($1, $2, $3)', values: [from, to, amount] })
    await client.query('commit')
  } catch {
    await client.query('rollback').catch(() => {
      broken = true
    })
  } finally {
    client.release(broken)
  }
}

async function read(): Promise<void> {
  const wanted = pick(1_000_000)
  const { rows } = await pool.query<{ got: number }>({ name: 'echo', text: 'select $1::int as got', values: [wanted] })
  if (rows[0]?.got !== wanted) process.stdout.write(`WRONG ROW ${wanted} ${JSON.stringify(rows)}\n`)
}

await Promise.all(
  Array.from({ length: 4 }, async () => {
    for (;;) {
      await transfer().catch(() => {})
      await read().catch(() => {})
    }
  }),
)
