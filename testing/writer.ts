import pg from 'pg'

/** Inserts numbers into `written`, one commit each, and says each one that was acknowledged. */
const client = new pg.Client({ connectionString: process.argv[2] })
await client.connect()
for (let n = Number(process.argv[3]); ; n += 1) {
  await client.query('insert into written values ($1)', [n])
  process.stdout.write(`${n}\n`)
}
