import type pg from 'pg'

/**
 * Each program has a database role of its own with the least rights that it works with. `migrate` makes them, named
 * after the database (`gatehouse_gate` in the database `gatehouse`), and grants anew after every migration; what a
 * program connects as is a login that is a member of its role.
 */
export type ProgramRole = 'console' | 'gate' | 'dispatcher'

/** `select`, `insert`, `delete`, or `select (a, b)` and `update (a, b)` for some columns; `run` for functions. */
type Rights = { [table: string]: string[] } & { run?: string[] }

/** Everything about a generation but what its secret is compared with or opened from. */
const generationShown =
  'id, merchant_id, kind, credential_id, scheme, public_id, fingerprint, reason, overlap, created_at, created_by, pending_until, first_used_at, acknowledged_at, confirmed_by, activated_at, retires_at, revoked_at, revoked_by, discarded_at, discarded_by, unconfirmed_told_at'

const everyProgram: Rights = {
  installation: ['select'],
  clock_shift: ['select'],
  heartbeat: ['select'],
  sealing_key: ['select'],
}

/** A row is locked against change with a right to update one column of it: `created_at`, which decides nothing. */
const lock = 'update (created_at)'

export const rightsOf: Record<ProgramRole, Rights> = {
  console: {
    ...everyProgram,
    merchant: ['select', lock],
    membership: ['select', lock],
    person: ['select', 'update (password_hash, password_changed_at)'],
    session: ['select', 'insert', 'update'],
    sign_in: ['select', 'insert'],
    device: ['select', 'insert'],
    attempt: ['select', 'insert', 'update', 'delete'],
    ticket: ['select', 'insert', 'update'],
    factor: ['select', 'insert', 'update', 'delete'],
    credential: ['select', 'update (state, state_changed_at, money_out, revision)'],
    generation: [
      `select (${generationShown})`,
      'insert',
      'update (sealed, acknowledged_at, activated_at, confirmed_by, retires_at, revoked_at, revoked_by, discarded_at, discarded_by)',
    ],
    whitelist: ['select', 'update (state, version, changed_at, changed_by)'],
    whitelist_entry: ['select', 'insert', 'update (note, expires_at, removed_at, removed_by)'],
    wallet: ['select'],
    usage: ['select'],
    request_log: ['select'],
    audit: ['select', 'insert'],
    audit_head: ['select', 'insert', 'update'],
    mail: ['insert'],
  },
  gate: {
    ...everyProgram,
    merchant: ['select'],
    credential: ['select'],
    generation: ['select'],
    whitelist: ['select'],
    whitelist_entry: ['select'],
    wallet: ['select'],
    gateway_credential: ['select'],
    token_key: ['select'],
    gate_change: ['select'],
    // What an insert reads back: only rows that are new count as usage.
    request_log: ['insert', 'select (at, request_id, merchant_id, generation_id, address, verdict)'],
    usage: ['select', 'insert', 'update'],
    nonce: ['insert'],
    run: ['mark_first_use(uuid, timestamptz)', 'gate_heartbeat()'],
  },
  dispatcher: {
    ...everyProgram,
    merchant: ['select'],
    membership: ['select'],
    person: ['select (id, email, name)'],
    generation: [`select (${generationShown})`, 'update (sealed, revoked_at, discarded_at, unconfirmed_told_at)'],
    mail: ['select', 'insert', 'update', 'delete'],
    session: ['select', 'delete'],
    ticket: ['select', 'delete'],
    sign_in: ['select', 'delete'],
    device: ['select', 'delete'],
    attempt: ['select', 'delete'],
    nonce: ['select', 'delete'],
    run: [
      'dispatcher_heartbeat()',
      'ensure_next_partitions()',
      'drop_partitions(text, timestamptz)',
      'forget_gate_changes(timestamptz)',
    ],
  },
}

export const programRoles = Object.keys(rightsOf) as ProgramRole[]

/**
 * Makes the roles that are missing and sets their rights to exactly `rightsOf`, in one transaction.
 * @param client connected as the owner of the tables
 * @throws when a role is missing and this login may not make it, with the statements that somebody else has to run
 */
export async function grantRights(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ database: string }>('select current_database() as database')
  const database = rows[0]?.database ?? ''
  const name = (role: ProgramRole): string => client.escapeIdentifier(`${database}_${role}`)
  await makeMissing(client, programRoles.map(name))
  const statements = [
    'select pg_advisory_xact_lock(724002)',
    ...programRoles.flatMap((role) => grantsFor(name(role), rightsOf[role])),
  ]
  await client.query(`begin; ${statements.join('; ')}; commit`).catch(async (error: unknown) => {
    await client.query('rollback')
    throw error
  })
}

async function makeMissing(client: pg.Client, names: string[]): Promise<void> {
  for (const name of names) {
    try {
      await client.query(`create role ${name} nologin`)
    } catch (error) {
      const { code } = error as { code?: string }
      // Made before, or by another `migrate` just now.
      if (code === '42710' || code === '23505') continue
      if (code !== '42501') throw error
      const { rowCount } = await client.query('select from pg_roles where quote_ident(rolname) = $1', [name])
      if (rowCount) continue
      throw new Error(
        `this login may not make roles: have somebody run\n${names.map((n) => `  create role ${n} nologin;`).join('\n')}`,
      )
    }
  }
}

/** Rights that a role has no more are taken before the ones it has are given. */
function grantsFor(role: string, { run = [], ...tables }: Rights): string[] {
  return [
    `revoke all on all tables in schema public from ${role}`,
    `revoke all on all functions in schema public from ${role}`,
    `grant usage on schema public to ${role}`,
    ...Object.entries(tables).map(([table, rights]) => `grant ${rights.join(', ')} on ${table} to ${role}`),
    ...run.map((signature) => `grant execute on function ${signature} to ${role}`),
  ]
}
