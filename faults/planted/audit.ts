import type { Fault } from './fault'

const record = ['lib/activity/record.test.ts']
const chain = { file: 'lib/activity/record.ts', tests: record, project: 'postgres' } as const
const verify = { file: 'lib/activity/verify.ts', tests: record, project: 'postgres' } as const
const list = { file: 'lib/activity/list.ts', tests: record, project: 'postgres' } as const
const mail = { file: 'lib/mail/enqueue.ts', tests: ['lib/mail/enqueue.test.ts'], project: 'postgres' } as const
const delivery = { file: 'lib/mail/deliver.ts', tests: ['lib/mail/deliver.test.ts'], project: 'postgres' } as const
const rights = { file: 'db/roles.ts', tests: ['testing/least-rights.test.ts'], project: 'postgres' } as const

/** What is written down, what is mailed, and who may touch it. */
export const auditFaults: Fault[] = [
  {
    ...chain,
    name: 'two entries at once fork the chain',
    find: "eq(auditHead.chain, entry.chain)).for('update')",
    replace: 'eq(auditHead.chain, entry.chain))',
  },
  {
    ...chain,
    name: 'the hash leaves the detail out',
    find: '        e.detail,\n',
    replace: '',
  },
  {
    ...chain,
    name: 'the hash leaves out who did it',
    find: '        e.actorId,\n',
    replace: '',
  },
  {
    ...chain,
    name: 'the hash leaves out whether it was refused',
    find: '        e.result,\n',
    replace: '',
  },
  {
    ...chain,
    name: 'commitments to personal values have no salt',
    find: 'JSON.stringify([p.salt, field, p.value])',
    replace: 'JSON.stringify([field, p.value])',
  },
  {
    ...verify,
    name: 'an entry that is missing is not noticed',
    find: 'e.previousHash === hash &&\n',
    replace: '',
  },
  {
    ...verify,
    name: 'personal values may be exchanged',
    find: ' &&\n        Object.entries(e.personal ?? {}).every(([k, p]) => commitment(k, p) === e.commitments[k])',
    replace: '',
  },
  {
    ...verify,
    name: 'a cut tail is not noticed',
    find: "if ((head?.seq ?? 0) !== seq || (head?.hash ?? '') !== hash) return",
    replace: 'if (!head) return',
  },
  {
    ...list,
    name: 'log-ins of people of other merchants are listed',
    find: "and(eq(membership.merchantId, ctx.actor.merchantId), eq(membership.state, 'active'))",
    replace: "eq(membership.state, 'active')",
  },
  {
    ...list,
    name: 'a merchant reads what its people do elsewhere',
    find: 'and(inArray(audit.chain, await chainsOfPeople(ctx)), inArray(audit.action, personal))',
    replace: 'inArray(audit.chain, await chainsOfPeople(ctx))',
  },
  {
    ...list,
    name: 'a member reads the activity',
    find: "  if (!can(ctx.actor.role, 'activity.read')) return err('forbidden')\n",
    replace: '',
  },
  {
    file: 'lib/change.ts',
    tests: record,
    project: 'postgres',
    name: 'a change that records nothing is kept',
    find: 'if (result.ok && recorded === 0) throw',
    replace: 'if (!result.ok && recorded < 0) throw',
  },
  {
    file: 'lib/change.ts',
    tests: ['lib/credentials/regenerate.test.ts'],
    project: 'postgres',
    name: 'nobody reads who tried what their role may not do',
    find: "  if (!done.ok && done.error === 'forbidden') await recordForbidden(ctx, permission)\n",
    replace: '',
  },
  {
    file: 'lib/refusable.ts',
    tests: ['lib/change.test.ts'],
    project: 'postgres',
    name: 'what a refused change did until then is kept',
    find: '      if (!result.ok) throw new Refused(result)\n',
    replace: '',
  },
  {
    ...mail,
    name: 'owners of other merchants are mailed',
    find: '        eq(membership.merchantId, merchantId),\n',
    replace: '',
  },
  {
    ...mail,
    name: 'members are mailed what is for owners',
    find: "        inArray(membership.role, ['root', 'owner']),\n",
    replace: '',
  },
  {
    ...mail,
    name: 'who was removed from a merchant still gets its mails',
    find: "        eq(membership.state, 'active'),\n",
    replace: '',
  },
  {
    ...delivery,
    name: 'two dispatchers send one mail',
    find: ' limit 1 for update skip locked)',
    replace: ' limit 1)',
  },
  {
    ...delivery,
    name: 'the words of a mail server are kept, with the recipient in them',
    find: 'lastError: codeOf(error) }',
    replace: 'lastError: String(error) }',
  },
  {
    ...delivery,
    name: 'a mail that failed is tried again at once, without end',
    find: 'now.getTime() + pauseSeconds(due.attempts) * 1000',
    replace: 'now.getTime() + due.attempts',
  },
  {
    ...rights,
    name: 'the console may change what was audited',
    find: "audit: ['select', 'insert'],",
    replace: "audit: ['select', 'insert', 'update'],",
  },
  {
    ...rights,
    name: 'the console may read the digest of a secret',
    find: "      `select (${generationShown})`,\n      'insert',",
    replace: "      'select',\n      'insert',",
  },
  {
    ...rights,
    name: 'the gate may bring back a revoked pair',
    find: "    generation: ['select'],\n",
    replace: "    generation: ['select', 'update (revoked_at)'],\n",
  },
  {
    ...rights,
    name: 'the dispatcher may read password hashes',
    find: "person: ['select (id, email, name)'],",
    replace: "person: ['select'],",
  },
  {
    ...rights,
    name: 'rights that were taken off the list stay granted',
    find: '    `revoke all on all tables in schema public from ${role}`,\n',
    replace: '',
  },
  {
    file: 'db/migrations/0001_least_rights.sql',
    tests: ['testing/least-rights.test.ts'],
    project: 'postgres',
    name: 'the audit of yesterday can be dropped',
    find: '  IF older_than > now() - least THEN RAISE EXCEPTION',
    replace: '  IF older_than > now() THEN RAISE EXCEPTION',
  },
  {
    file: 'lib/retention.ts',
    tests: ['lib/retention.test.ts'],
    project: 'postgres',
    name: 'a count that locks somebody out is forgotten',
    find: ', lt(attempt.consecutive, 100)))',
    replace: '))',
  },
  {
    file: 'lib/access/refused.ts',
    tests: ['lib/access/actor.test.ts'],
    project: 'postgres',
    name: 'what a stranger types for a merchant stands in the audit as it is',
    find: ".replace(/[^A-Za-z0-9_-]/g, '?')\n        .slice(0, 64)",
    replace: ".replace(/\\0|[\\ud800-\\udfff]/g, '?')",
  },
]
