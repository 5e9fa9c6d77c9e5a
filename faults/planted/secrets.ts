import type { Fault } from './fault'

const tests = ['lib/secrets/secrets.test.ts']
const format = { file: 'lib/secrets/format.ts', tests, project: 'once' } as const
const seal = { file: 'lib/secrets/seal.ts', tests, project: 'once' } as const
const secret = { file: 'lib/secrets/secret.ts', tests, project: 'once' } as const
const hpke = { file: 'lib/secrets/hpke.ts', tests: ['lib/secrets/hpke.test.ts'], project: 'once' } as const
const installation = ['lib/installation.test.ts']

/** How secrets are made, sealed, compared and kept out of sight. */
export const secretFaults: Fault[] = [
  {
    ...seal,
    name: 'a sealed value is not bound to its owner',
    find: '[b.table, b.row, b.owner, b.purpose, keyId]',
    replace: '[b.table, b.row, b.purpose, keyId]',
  },
  {
    ...seal,
    name: 'a sealed value is not bound to its purpose',
    find: '[b.table, b.row, b.owner, b.purpose, keyId]',
    replace: '[b.table, b.row, b.owner, keyId]',
  },
  {
    ...seal,
    name: 'a sealed value is not bound to the id of its key',
    find: '[b.table, b.row, b.owner, b.purpose, keyId]',
    replace: "[b.table, b.row, b.owner, b.purpose, keyId && '']",
  },
  {
    ...seal,
    name: 'the parts of what a value is bound to can be shifted',
    find: 'Buffer.from(JSON.stringify([b.table, b.row, b.owner, b.purpose, keyId]))',
    replace: "Buffer.from([b.table, b.row, b.owner, b.purpose, keyId].join(''))",
  },
  {
    ...seal,
    name: 'a nonce comes twice',
    find: 'randomBytes(12)',
    replace: 'Buffer.from(plain.subarray(0, 1).toString("hex").padEnd(12))',
  },
  {
    ...seal,
    name: 'a sealed value may be cut to a shorter tag',
    find: 'sealed.subarray(0, 12), { authTagLength: 16 })',
    replace: 'sealed.subarray(0, 12))',
    survives:
      'the tag is always the last 16 bytes of what is stored: a cut value is read with other bytes as its tag and fails; the option is a second belt',
  },
  {
    ...hpke,
    name: 'what is sealed to the gate says nothing of what it is for',
    find: "new TextEncoder().encode('gatehouse hpke 1')",
    replace: 'new Uint8Array(0)',
  },
  {
    ...hpke,
    name: 'what is sealed to the gate is not bound to its row',
    find: 'bytes(plain), bytes(associated(binding, key.id)))',
    replace: "bytes(plain), bytes(associated({ ...binding, row: '' }, key.id)))",
  },
  {
    ...secret,
    name: 'a secret shows itself in JSON',
    find: "  toJSON(): string {\n    return '[secret]'",
    replace: '  toJSON(): string {\n    return this.#plain',
  },
  {
    ...secret,
    name: 'a secret shows itself in a template',
    find: "  toString(): string {\n    return '[secret]'",
    replace: '  toString(): string {\n    return this.#plain',
  },
  {
    ...secret,
    name: 'a secret shows itself when it is inspected',
    find: 'readonly #plain: string\n  constructor(plain: string) {\n    this.#plain = plain',
    replace:
      'readonly #plain: string\n  readonly plain: string\n  constructor(plain: string) {\n    this.plain = plain\n    this.#plain = plain',
  },
  {
    ...format,
    name: 'some characters of a secret are likelier than others',
    find: 'byte < 248 && text',
    replace: 'text',
  },
  {
    ...format,
    name: 'the tag of an id is not looked at',
    find: 'return timingSafeEqual(Buffer.from(text.slice(-5)), Buffer.from(tagOf(body, tagKey)))',
    replace: 'return tagOf(body, tagKey)',
  },
  {
    ...format,
    name: 'ids of every installation have the same tag',
    find: "createHmac('sha256', tagKey)",
    replace: "createHmac('sha256', tagKey.subarray(0, 0))",
  },
  {
    ...format,
    tests: ['lib/credentials/regenerate.test.ts'],
    project: 'postgres',
    name: 'the fingerprint is a part of the secret',
    find: 'fingerprint: digest.slice(0, 8)',
    replace: 'fingerprint: plain.slice(-8)',
  },
  {
    file: 'lib/access/sessions.ts',
    tests: ['lib/access/sign-in.test.ts'],
    project: 'postgres',
    name: 'a session stands in the database as the cookie holds it',
    find: '  const { token, digest } = mintToken()\n  const id = uuid()',
    replace: '  const { token } = mintToken()\n  const digest = token\n  const id = uuid()',
  },
  {
    file: 'lib/secrets/password.ts',
    tests: ['lib/access/sign-in.test.ts'],
    project: 'postgres',
    name: 'passwords are hashed cheaply',
    find: 'memoryCost: 19_456',
    replace: 'memoryCost: 1_024',
  },
  {
    file: 'lib/secrets/password.ts',
    tests: ['lib/access/password-check.test.ts'],
    project: 'postgres',
    name: 'a flood of passwords waits without end',
    find: "    if (waiting.length >= MAX_WAITING) throw new Busy('too many password checks at once')\n",
    replace: '',
  },
  {
    file: 'lib/log.ts',
    tests: ['lib/log.test.ts'],
    project: 'once',
    name: 'the log holds the words of an error',
    find: 'return { error: error.name, code',
    replace: 'return { error: error.message, code',
  },
  {
    file: 'lib/log.ts',
    tests: ['lib/log.test.ts'],
    project: 'once',
    name: 'what the framework complains of is printed whole',
    find: "  console.error = told('error')\n",
    replace: '',
  },
  {
    file: 'lib/activity/record.ts',
    tests: ['lib/secrets/exits.test.ts'],
    project: 'once',
    name: 'another file reveals secrets',
    find: 'personal?: Record<string, string>\n}',
    replace:
      'personal?: Record<string, string>\n}\nexport const shown = (secret: { reveal(): string }) => secret.reveal()',
  },
  {
    file: 'lib/secrets/known-keys.ts',
    tests: installation,
    project: 'once',
    name: 'a wrong key of the right name is taken',
    find: "if (row?.publicKey !== key.raw.toString('base64')) {",
    replace: 'if (!row) {',
  },
  {
    file: 'lib/secrets/known-keys.ts',
    tests: installation,
    project: 'once',
    name: 'a program starts without a key that is still needed',
    find: '  for (const row of rows) await opens(',
    replace: '  for (const row of rows.slice(0, 1)) await opens(',
  },
  {
    file: 'lib/gatekeeping/token-key.ts',
    tests: installation,
    project: 'once',
    name: 'a retired key still makes tokens good',
    find: 'db.select().from(tokenKey).where(inUse).orderBy',
    replace: 'db.select().from(tokenKey).orderBy',
  },
  {
    file: 'lib/installation.ts',
    tests: installation,
    project: 'once',
    name: 'a demo runs on the database of a production',
    find: 'if (row.demo !== claim.demo) {',
    replace: 'if (row.demo && !claim.demo) {',
  },
  {
    file: 'lib/installation.ts',
    tests: installation,
    project: 'once',
    name: 'a live database serves a test installation',
    find: 'if (row.environment !== claim.environment) {',
    replace: "if (row.environment === 'test' && claim.environment === 'live') {",
  },
  {
    file: 'lib/access/reseal.ts',
    tests: ['lib/access/reseal.test.ts'],
    project: 'once',
    name: 'sealing anew takes the seed of another row',
    find: 'const same = and(eq(factor.id, row.id), eq(factor.sealingKeyId, row.sealingKeyId))',
    replace: 'const same = eq(factor.sealingKeyId, row.sealingKeyId)',
  },
]
