import { sql } from 'drizzle-orm'
import {
  bigint,
  bigserial,
  boolean,
  check,
  customType,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'

/** Tables only: what is remembered. No column can hold a secret in plain text. Instants are UTC. */

const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })
const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })
const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' })

/** What this database is. One row; the demo flag is written by the first migration run and never changes. */
export const installation = pgTable(
  'installation',
  {
    id: smallint('id').primaryKey().default(1),
    demo: boolean('demo').notNull(),
    environment: text('environment', { enum: ['live', 'test'] }).notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [check('installation_single', sql`${t.id} = 1`)],
)

/** Only a demo database may have the row: it moves `lib/clock` for tests and demonstrations. */
export const clockShift = pgTable(
  'clock_shift',
  { id: smallint('id').primaryKey().default(1), shiftMs: bigint('shift_ms', { mode: 'number' }).notNull() },
  (t) => [check('clock_shift_single', sql`${t.id} = 1`)],
)

/** The dispatcher's pulse and any other named heartbeat; staleness of a memory is measured against it. */
export const heartbeat = pgTable('heartbeat', { name: text('name').primaryKey(), at: at('at').notNull() })

/** Keys the programs hold outside the database, by id. The canary proves at start that the right one was given. */
export const sealingKey = pgTable('sealing_key', {
  id: text('id').primaryKey(),
  purpose: text('purpose', { enum: ['totp', 'gate'] }).notNull(),
  publicKey: text('public_key'),
  canary: bytea('canary').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  retiredAt: at('retired_at'),
})

/** Keys that sign our short access tokens: sealed to the gate's public key, so only gates can read them. */
export const tokenKey = pgTable('token_key', {
  id: text('id').primaryKey(),
  sealed: bytea('sealed').notNull(),
  sealingKeyId: text('sealing_key_id')
    .notNull()
    .references(() => sealingKey.id),
  createdAt: at('created_at').notNull().defaultNow(),
  retiredAt: at('retired_at'),
})

export const merchant = pgTable('merchant', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  state: text('state', { enum: ['pending', 'active', 'suspended'] })
    .notNull()
    .default('pending'),
  stateReason: text('state_reason'),
  stateSince: at('state_since').notNull().defaultNow(),
  createdAt: at('created_at').notNull().defaultNow(),
})

export const person = pgTable('person', {
  id: uuid('id').primaryKey(),
  /** Normalised: NFKC, lower case, one address. */
  email: text('email').notNull().unique(),
  name: text('name').notNull(),
  passwordHash: text('password_hash').notNull(),
  passwordChangedAt: at('password_changed_at').notNull().defaultNow(),
  createdAt: at('created_at').notNull().defaultNow(),
})

export const membership = pgTable(
  'membership',
  {
    merchantId: text('merchant_id')
      .notNull()
      .references(() => merchant.id),
    personId: uuid('person_id')
      .notNull()
      .references(() => person.id),
    role: text('role', { enum: ['root', 'owner', 'admin', 'member'] }).notNull(),
    state: text('state', { enum: ['active', 'removed'] })
      .notNull()
      .default('active'),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.personId] }),
    index('membership_person').on(t.personId),
    uniqueIndex('membership_one_root').on(t.merchantId).where(sql`${t.role} = 'root' and ${t.state} = 'active'`),
  ],
)

/** One time-based code generator (RFC 6238) of a person. `lastStep` is the replay ledger: it only grows. */
export const factor = pgTable(
  'factor',
  {
    id: uuid('id').primaryKey(),
    personId: uuid('person_id')
      .notNull()
      .references(() => person.id),
    purpose: text('purpose', { enum: ['sign_in', 'operations'] }).notNull(),
    state: text('state', { enum: ['pending', 'active', 'replaced'] }).notNull(),
    sealed: bytea('sealed').notNull(),
    sealingKeyId: text('sealing_key_id')
      .notNull()
      .references(() => sealingKey.id),
    lastStep: bigint('last_step', { mode: 'number' }).notNull().default(0),
    createdAt: at('created_at').notNull(),
    /** A pending seed never authenticates and is gone after this instant. */
    pendingUntil: at('pending_until').notNull(),
    enrolledAt: at('enrolled_at'),
    /** The first operations factor waits one hour before its first use. */
    usableFrom: at('usable_from'),
  },
  (t) => [
    uniqueIndex('factor_one_active').on(t.personId, t.purpose).where(sql`${t.state} = 'active'`),
    uniqueIndex('factor_one_pending').on(t.personId, t.purpose).where(sql`${t.state} = 'pending'`),
  ],
)

/** A signed-in browser. The cookie holds a random id; only its digest is here. */
export const session = pgTable(
  'session',
  {
    id: uuid('id').primaryKey(),
    digest: text('digest').notNull().unique(),
    /** The cookie changes at every step-up; the one before works a few seconds more, for requests under way. */
    previousDigest: text('previous_digest').unique(),
    previousUntil: at('previous_until'),
    personId: uuid('person_id')
      .notNull()
      .references(() => person.id),
    createdAt: at('created_at').notNull(),
    lastSeenAt: at('last_seen_at').notNull(),
    expiresAt: at('expires_at').notNull(),
    endedAt: at('ended_at'),
    endReason: text('end_reason'),
    address: text('address').notNull(),
    userAgent: text('user_agent').notNull(),
  },
  (t) => [index('session_person').on(t.personId, t.createdAt)],
)

/** A browser that once signed in as this person: keeps its own lane when somebody else locks the account. */
export const device = pgTable('device', {
  digest: text('digest').primaryKey(),
  personId: uuid('person_id')
    .notNull()
    .references(() => person.id),
  createdAt: at('created_at').notNull(),
  expiresAt: at('expires_at').notNull(),
})

/** Failures per lane (`sign-in:device:…`, `step-up:person:…`), counted before the guess is looked at. */
export const attempt = pgTable('attempt', {
  lane: text('lane').primaryKey(),
  failures: integer('failures').notNull(),
  windowStartedAt: at('window_started_at').notNull(),
  /** Failures since the last success, whatever the window. */
  consecutive: integer('consecutive').notNull(),
})

/** Who tried to sign in and how it ended; also the source of "last sign-in". */
export const signIn = pgTable(
  'sign_in',
  {
    id: uuid('id').primaryKey(),
    personId: uuid('person_id').references(() => person.id),
    at: at('at').notNull(),
    address: text('address').notNull(),
    userAgent: text('user_agent').notNull(),
    outcome: text('outcome', { enum: ['ok', 'failed', 'blocked'] }).notNull(),
  },
  (t) => [index('sign_in_person').on(t.personId, t.at)],
)

/** A step-up ticket: single use, bound to session, merchant, operation and the SHA-256 of its parameters. */
export const ticket = pgTable(
  'ticket',
  {
    id: uuid('id').primaryKey(),
    digest: text('digest').notNull().unique(),
    sessionId: uuid('session_id')
      .notNull()
      .references(() => session.id),
    /** Null for a person's own security settings, which belong to no merchant. */
    merchantId: text('merchant_id').references(() => merchant.id),
    operation: text('operation').notNull(),
    paramsSha256: text('params_sha256').notNull(),
    createdAt: at('created_at').notNull(),
    expiresAt: at('expires_at').notNull(),
    usedAt: at('used_at'),
    endedAt: at('ended_at'),
  },
  (t) => [index('ticket_session').on(t.sessionId)],
)

/** The lasting record of who may call: the API user, or an API key. Generations carry the ids and secrets. */
export const credential = pgTable(
  'credential',
  {
    id: uuid('id').primaryKey(),
    merchantId: text('merchant_id')
      .notNull()
      .references(() => merchant.id),
    kind: text('kind', { enum: ['api_user', 'api_key'] }).notNull(),
    scheme: text('scheme', { enum: ['token', 'hmac-sha1', 'hmac-sha512', 'hawk', 'http-signature'] }).notNull(),
    name: text('name').notNull(),
    state: text('state', { enum: ['draft', 'active', 'inactive', 'deleted'] }).notNull(),
    stateChangedAt: at('state_changed_at').notNull(),
    /** From the catalogue in `lib/credentials/model`. */
    permissions: text('permissions').array().notNull(),
    moneyOut: boolean('money_out').notNull().default(false),
    allWallets: boolean('all_wallets').notNull().default(true),
    expiresAt: at('expires_at'),
    revision: integer('revision').notNull().default(0),
    createdAt: at('created_at').notNull(),
    createdBy: uuid('created_by').references(() => person.id),
  },
  (t) => [
    uniqueIndex('credential_one_api_user').on(t.merchantId).where(sql`${t.kind} = 'api_user'`),
    index('credential_merchant').on(t.merchantId, t.createdAt),
    unique('credential_tenant').on(t.merchantId, t.id),
  ],
)

const overlaps = ['at_once', '1_hour', '24_hours', '7_days'] as const
const reasons = ['first_set_up', 'planned_change', 'lost', 'leaked'] as const

/** One public id with its secret. State is computed from the instants against the database's clock, never stored. */
export const generation = pgTable(
  'generation',
  {
    id: uuid('id').primaryKey(),
    merchantId: text('merchant_id').notNull(),
    kind: text('kind', { enum: ['credential', 'callback_secret'] }).notNull(),
    /** Null for a callback secret, which belongs to the merchant. */
    credentialId: uuid('credential_id'),
    scheme: text('scheme', {
      enum: ['token', 'hmac-sha1', 'hmac-sha512', 'hawk', 'http-signature', 'callback'],
    }).notNull(),
    /** Null for callback secrets: nobody presents them. */
    publicId: text('public_id').unique(),
    /** SHA-256 of a secret that is only compared (token exchange), hex. */
    digest: text('digest'),
    /** HPKE ciphertext of a secret that is used again. Erased when discarded. */
    sealed: bytea('sealed'),
    sealingKeyId: text('sealing_key_id').references(() => sealingKey.id),
    /** First 8 hex of SHA-256 of the secret: tells which one a server holds. */
    fingerprint: text('fingerprint').notNull(),
    reason: text('reason', { enum: reasons }).notNull(),
    overlap: text('overlap', { enum: overlaps }).notNull(),
    createdAt: at('created_at').notNull(),
    createdBy: uuid('created_by')
      .notNull()
      .references(() => person.id),
    pendingUntil: at('pending_until').notNull(),
    firstUsedAt: at('first_used_at'),
    acknowledgedAt: at('acknowledged_at'),
    confirmedBy: uuid('confirmed_by').references(() => person.id),
    activatedAt: at('activated_at'),
    retiresAt: at('retires_at'),
    revokedAt: at('revoked_at'),
    revokedBy: uuid('revoked_by').references(() => person.id),
    discardedAt: at('discarded_at'),
    discardedBy: uuid('discarded_by').references(() => person.id),
    /** When the Owners were told that a used pair waits for somebody to keep or discard it. */
    unconfirmedToldAt: at('unconfirmed_told_at'),
  },
  (t) => [
    foreignKey({ columns: [t.merchantId, t.credentialId], foreignColumns: [credential.merchantId, credential.id] }),
    check(
      'generation_one_secret',
      sql`case when ${t.scheme} = 'token' then ${t.digest} is not null and ${t.sealed} is null
           else ${t.digest} is null and (${t.sealed} is not null or ${t.discardedAt} is not null) end`,
    ),
    check('generation_owner', sql`(${t.kind} = 'credential') = (${t.credentialId} is not null)`),
    uniqueIndex('generation_one_open')
      .on(t.merchantId, sql`coalesce(${t.credentialId}::text, 'callback')`)
      .where(sql`${t.acknowledgedAt} is null and ${t.discardedAt} is null and ${t.revokedAt} is null`),
    uniqueIndex('generation_one_current')
      .on(t.merchantId, sql`coalesce(${t.credentialId}::text, 'callback')`)
      .where(sql`${t.acknowledgedAt} is not null and ${t.retiresAt} is null and ${t.revokedAt} is null`),
    uniqueIndex('generation_one_retiring')
      .on(t.merchantId, sql`coalesce(${t.credentialId}::text, 'callback')`)
      .where(sql`${t.retiresAt} is not null and ${t.revokedAt} is null`),
    index('generation_credential').on(t.merchantId, t.credentialId, t.createdAt),
  ],
)

/** Last used, written in batches by the gates, forward only. Never a column of the credential itself. */
export const usage = pgTable('usage', {
  generationId: uuid('generation_id')
    .primaryKey()
    .references(() => generation.id),
  merchantId: text('merchant_id').notNull(),
  lastUsedAt: at('last_used_at').notNull(),
  lastUsedFrom: text('last_used_from').notNull(),
  calls: bigint('calls', { mode: 'number' }).notNull(),
})

/** A list of addresses: the web console's, or one credential's. On or off is stored, not inferred. */
export const whitelist = pgTable(
  'whitelist',
  {
    id: uuid('id').primaryKey(),
    merchantId: text('merchant_id')
      .notNull()
      .references(() => merchant.id),
    /** Null: the web whitelist. */
    credentialId: uuid('credential_id'),
    state: text('state', { enum: ['off', 'on'] })
      .notNull()
      .default('off'),
    version: integer('version').notNull().default(0),
    changedAt: at('changed_at').notNull(),
    changedBy: uuid('changed_by').references(() => person.id),
  },
  (t) => [
    foreignKey({ columns: [t.merchantId, t.credentialId], foreignColumns: [credential.merchantId, credential.id] }),
    uniqueIndex('whitelist_one').on(t.merchantId, sql`coalesce(${t.credentialId}::text, 'web')`),
    unique('whitelist_tenant').on(t.merchantId, t.id),
  ],
)

export const whitelistEntry = pgTable(
  'whitelist_entry',
  {
    id: uuid('id').primaryKey(),
    merchantId: text('merchant_id').notNull(),
    whitelistId: uuid('whitelist_id').notNull(),
    /** Canonical: `203.0.113.7`, `198.51.100.0/26`, `2001:db8::/64`. */
    range: text('range').notNull(),
    note: text('note').notNull().default(''),
    addedAt: at('added_at').notNull(),
    addedBy: uuid('added_by').references(() => person.id),
    expiresAt: at('expires_at'),
    removedAt: at('removed_at'),
    removedBy: uuid('removed_by').references(() => person.id),
  },
  (t) => [
    foreignKey({ columns: [t.merchantId, t.whitelistId], foreignColumns: [whitelist.merchantId, whitelist.id] }),
    uniqueIndex('whitelist_entry_once').on(t.whitelistId, t.range).where(sql`${t.removedAt} is null`),
  ],
)

export const wallet = pgTable(
  'wallet',
  {
    merchantId: text('merchant_id')
      .notNull()
      .references(() => merchant.id),
    id: text('id').notNull(),
    name: text('name').notNull(),
    currency: text('currency').notNull(),
    createdAt: at('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.merchantId, t.id] })],
)

/** What the gate decided, one row a request, partitioned by day. Written in batches. */
export const requestLog = pgTable(
  'request_log',
  {
    at: at('at').notNull(),
    /** 32 lower-case hex: UUIDv7 without dashes. */
    requestId: text('request_id').notNull(),
    /** The client's own `X-Request-Id`, cut to 128 characters. */
    clientRequestId: text('client_request_id'),
    merchantId: text('merchant_id'),
    credentialId: uuid('credential_id'),
    generationId: uuid('generation_id'),
    /** The public id that was presented, where its tag was right. */
    publicId: text('public_id'),
    scheme: text('scheme'),
    method: text('method').notNull(),
    /** The pattern of the routes file that matched. */
    route: text('route'),
    /** Path as received, without the query. */
    path: text('path').notNull(),
    address: text('address').notNull(),
    /** Every hop of the proxy chain with whether it was believed. */
    hops: jsonb('hops').$type<{ address: string; trusted: boolean }[]>().notNull(),
    userAgent: text('user_agent'),
    verdict: text('verdict', { enum: ['accepted', 'refused'] }).notNull(),
    /** `null` when accepted; a reason of `lib/gatekeeping/model` when refused. */
    reason: text('reason'),
    /** Whether the caller proved the secret before it was refused. */
    proven: boolean('proven').notNull(),
    checks: jsonb('checks').$type<{ check: string; ok: boolean | null; note?: string }[]>().notNull(),
    status: smallint('status').notNull(),
    durationMs: integer('duration_ms').notNull(),
    /** Client's date minus ours, where the scheme carries one. */
    clockSkewMs: bigint('clock_skew_ms', { mode: 'number' }),
    requestBytes: bigint('request_bytes', { mode: 'number' }),
    responseBytes: bigint('response_bytes', { mode: 'number' }),
    bodySha256: text('body_sha256'),
    upstreamStatus: smallint('upstream_status'),
  },
  (t) => [
    primaryKey({ columns: [t.at, t.requestId] }),
    index('request_log_merchant').on(t.merchantId, t.at.desc(), t.requestId.desc()),
    index('request_log_generation').on(t.merchantId, t.generationId, t.at.desc()),
    index('request_log_id').on(t.requestId),
  ],
)

/** A signature or nonce that was accepted on a money-out route, kept twice the scheme's window. */
export const nonce = pgTable(
  'nonce',
  {
    merchantId: text('merchant_id').notNull(),
    credentialId: uuid('credential_id').notNull(),
    value: text('value').notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.merchantId, t.credentialId, t.value] }), index('nonce_expiry').on(t.expiresAt)],
)

/** The change log that gates read as a backstop: by transaction id against a snapshot, not by time. */
export const gateChange = pgTable(
  'gate_change',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    xid: xid8('xid').notNull().default(sql`pg_current_xact_id()`),
    /** The merchant whose cached records must be dropped. */
    merchantId: text('merchant_id').notNull(),
    at: at('at').notNull().defaultNow(),
  },
  (t) => [index('gate_change_xid').on(t.xid)],
)

/** Gateway credentials for the internal listener: `gtg_…`, digest only. */
export const gatewayCredential = pgTable('gateway_credential', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull(),
  digest: text('digest').notNull().unique(),
  scopes: text('scopes').array().notNull(),
  createdAt: at('created_at').notNull(),
  expiresAt: at('expires_at'),
  revokedAt: at('revoked_at'),
  lastUsedAt: at('last_used_at'),
})

/** Head of each merchant's audit chain; the row is locked while an entry is appended, so the chain cannot fork. */
export const auditHead = pgTable('audit_head', {
  /** A merchant's id, or `person:<id>` for a person's own security settings, or `installation`. */
  chain: text('chain').primaryKey(),
  seq: bigint('seq', { mode: 'number' }).notNull(),
  hash: text('hash').notNull(),
})

/** Who did what: a hash chain over salted commitments of personal fields. Partitioned by month. */
export const audit = pgTable(
  'audit',
  {
    chain: text('chain').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    at: at('at').notNull(),
    action: text('action').notNull(),
    result: text('result', { enum: ['ok', 'refused'] }).notNull(),
    actorKind: text('actor_kind', { enum: ['person', 'operator', 'system'] }).notNull(),
    actorId: text('actor_id'),
    subject: text('subject'),
    /** Never personal, never secret. */
    detail: jsonb('detail').$type<Record<string, string | number | boolean | null | string[]>>().notNull(),
    /** Personal fields with their salts; erased by setting the column to null. The hash covers `commitments`. */
    personal: jsonb('personal').$type<Record<string, { value: string; salt: string }> | null>(),
    commitments: jsonb('commitments').$type<Record<string, string>>().notNull(),
    previousHash: text('previous_hash').notNull(),
    hash: text('hash').notNull(),
  },
  (t) => [primaryKey({ columns: [t.chain, t.at, t.seq] })],
)

/** Mail to send: a template and its values, never a secret. */
export const mail = pgTable(
  'mail',
  {
    id: uuid('id').primaryKey(),
    merchantId: text('merchant_id').references(() => merchant.id),
    recipient: text('recipient').notNull(),
    template: text('template').notNull(),
    values: jsonb('values').$type<Record<string, string>>().notNull(),
    createdAt: at('created_at').notNull(),
    nextAt: at('next_at').notNull(),
    attempts: integer('attempts').notNull().default(0),
    sentAt: at('sent_at'),
    lastError: text('last_error'),
  },
  (t) => [index('mail_due').on(t.nextAt).where(sql`${t.sentAt} is null`)],
)
