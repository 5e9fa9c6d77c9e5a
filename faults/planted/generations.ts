import type { Fault } from './fault'

const regenerate = ['lib/credentials/regenerate.test.ts']
const making = { file: 'lib/credentials/regenerate.ts', tests: regenerate, project: 'postgres' } as const
const rows = { file: 'lib/credentials/generations.ts', tests: regenerate, project: 'postgres' } as const
const confirming = { file: 'lib/credentials/acknowledge.ts', tests: regenerate, project: 'postgres' } as const
const overlap = { file: 'lib/credentials/end-overlap.ts', tests: regenerate, project: 'postgres' } as const
const state = { file: 'lib/credentials/model.ts', tests: ['lib/gatekeeping/verdict.test.ts'], project: 'once' } as const
const moneyOut = {
  file: 'lib/credentials/money-out.ts',
  tests: ['lib/credentials/money-out.test.ts'],
  project: 'postgres',
} as const
const switching = {
  file: 'lib/credentials/switch-api-user.ts',
  tests: ['lib/access/step-up.test.ts'],
  project: 'postgres',
} as const

/** Pairs and their generations, the switch and money-out. */
export const generationFaults: Fault[] = [
  {
    ...state,
    name: 'a pair is taken at the instant it is revoked',
    find: 'g.revokedAt && g.revokedAt <= now',
    replace: 'g.revokedAt && g.revokedAt < now',
  },
  {
    ...state,
    name: 'a pair is taken at the instant its overlap ends',
    find: 'return g.retiresAt > now ?',
    replace: 'return g.retiresAt >= now ?',
  },
  {
    ...state,
    name: 'a discarded pair is taken',
    find: "  if (g.discardedAt) return 'discarded'\n",
    replace: '',
  },
  {
    ...state,
    name: 'a pair that nobody used or confirmed lives on',
    find: "return g.firstUsedAt ? 'unconfirmed' : 'discarded'",
    replace: "return 'unconfirmed'",
  },
  {
    ...state,
    tests: regenerate,
    project: 'postgres',
    name: 'a new pair is pending in the instant its ten minutes end',
    find: 'if (g.pendingUntil > now)',
    replace: 'if (g.pendingUntil >= now)',
  },
  {
    ...state,
    tests: regenerate,
    project: 'postgres',
    name: 'with money-out an overlap may be seven days',
    find: 'return moneyOut ? overlaps.slice(0, 3) : overlaps',
    replace: 'return overlaps',
  },
  {
    ...state,
    tests: regenerate,
    project: 'postgres',
    name: 'a leaked pair may have an overlap',
    find: "  if (reason === 'leaked') return ['at_once']\n  return moneyOut",
    replace: '  return moneyOut',
  },
  {
    ...rows,
    name: 'two owners change the generations of one API user at once',
    find: "    .for('update')\n",
    replace: '',
  },
  {
    ...rows,
    name: 'a used pair is settled as discarded',
    tests: ['lib/credentials/tidy.test.ts'],
    find: '        isNull(generation.firstUsedAt),\n',
    replace: '',
  },
  {
    ...rows,
    name: 'somebody else’s pair is found by its id',
    tests: ['lib/credentials/proof.test.ts'],
    find: '.where(and(eq(generation.merchantId, merchantId), eq(generation.id, id)))',
    replace: '.where(eq(generation.id, id))',
  },
  {
    ...rows,
    name: 'older live pairs fall off the list behind discarded ones',
    find: '      desc(sql`${generation.discardedAt} is null and ${generation.revokedAt} is null`),\n',
    replace: '',
  },
  {
    ...rows,
    name: 'lists of pairs carry the digest of the secret',
    find: 'const { digest: _, sealed: __',
    replace: 'const { sealed: __',
  },
  {
    ...making,
    name: 'a leak leaves the retiring pair as it is',
    find: "inState('active', 'retiring')",
    replace: "inState('active')",
  },
  {
    ...making,
    name: 'a leak leaves an unconfirmed pair as it is',
    find: "inState('pending', 'unconfirmed').map",
    replace: "inState('pending').map",
  },
  {
    ...making,
    name: 'a leak is not written down as one',
    find: "await record({\n        action: 'credential.leak_ended',",
    replace: "void ({\n        action: 'credential.leak_ended',",
  },
  {
    ...making,
    name: 'a second rotation begins inside an overlap',
    find: "      if (inState('retiring').length > 0) return err('overlap_running')\n",
    replace: '',
  },
  {
    ...making,
    name: 'a new pair is made beside one that waits for a person',
    find: "      if (inState('unconfirmed').length > 0) return err('unconfirmed_waiting')\n",
    replace: '',
  },
  {
    ...making,
    name: 'making a pair spends neither code nor ticket',
    find: '    const spent = await spend(tx, ctx, proof.value)\n    if (!spent.ok) return spent\n\n',
    replace: '',
  },
  {
    ...making,
    name: 'nobody is mailed about a new pair',
    find: 'await tellOwners(tx, ctx.actor.merchantId, {',
    replace: 'void ({',
  },
  {
    ...making,
    name: 'the audit holds the secret of a new pair',
    find: 'detail: { key: maskPublicId(apiKey), fingerprint, reason, overlap },',
    replace: 'detail: { key: maskPublicId(apiKey), fingerprint, reason, overlap, made: secret.reveal() },',
  },
  {
    ...confirming,
    name: 'a discarded pair can be confirmed',
    find: "mine.state === 'discarded' || mine.state === 'revoked'",
    replace: "mine.state === 'revoked'",
  },
  {
    ...confirming,
    name: 'confirming a pair ends every pair there is',
    tests: ['lib/credentials/money-out.test.ts'],
    find: '.set({ retiresAt: oldEndsAt }).where(eq(generation.id, old.id))',
    replace: '.set({ retiresAt: oldEndsAt })',
  },
  {
    ...confirming,
    name: 'money-out allowed meanwhile does not shorten the chosen overlap',
    tests: ['lib/credentials/money-out.test.ts'],
    find: "user.moneyOut ? Math.min(overlapMs[mine.overlap], overlapMs['24_hours']) : overlapMs[mine.overlap]",
    replace: 'overlapMs[mine.overlap]',
  },
  {
    ...overlap,
    name: 'an admin ends an overlap',
    find: "change(ctx, 'overlap.end',",
    replace: "change(ctx, 'overlap.shorten',",
  },
  {
    ...overlap,
    name: 'an overlap can be lengthened',
    find: "    if (endsAt >= old.retiresAt) return err('only_shorter')\n",
    replace: '',
  },
  {
    file: 'lib/credentials/discard.ts',
    tests: regenerate,
    project: 'postgres',
    name: 'a confirmed pair is thrown away with the button of a pending one',
    find: "    if (mine.acknowledgedAt) return err('already_acknowledged')\n",
    replace: '',
  },
  {
    file: 'lib/credentials/tidy.ts',
    tests: ['lib/credentials/tidy.test.ts'],
    project: 'postgres',
    name: 'the mail about an unconfirmed pair comes again and again',
    find: '          isNull(generation.unconfirmedToldAt),\n',
    replace: '',
  },
  {
    ...moneyOut,
    name: 'withdrawals are allowed without a whitelist',
    tests: ['lib/whitelist/change.test.ts'],
    find: "    if (list?.state !== 'on') return err('needs_whitelist')\n",
    replace: '',
  },
  {
    ...moneyOut,
    name: 'withdrawals are allowed over plain http',
    tests: ['lib/whitelist/change.test.ts'],
    find: "  if (ctx.installation.insecure) return err('insecure_console')\n",
    replace: '',
  },
  {
    ...moneyOut,
    name: 'allowing withdrawals leaves a long overlap as it is',
    find: '      .set({ retiresAt: latest })',
    replace: '      .set({ retiresAt: generation.retiresAt })',
  },
  {
    ...moneyOut,
    name: 'nobody is mailed about withdrawals',
    find: 'await tellOwners(tx, ctx.actor.merchantId, {',
    replace: 'void ({',
  },
  {
    ...switching,
    name: 'a live pair comes back to life without a code',
    find: "    if (live && !proof) return err('needs_code')\n",
    replace: '',
  },
  {
    ...switching,
    name: 'switching on does not spend the code',
    find: 'if (proof?.ok) {',
    replace: 'if (proof?.ok && !live) {',
  },
  {
    ...switching,
    name: 'nobody is mailed about the switch',
    find: 'await tellOwners(tx, ctx.actor.merchantId, {',
    replace: 'void ({',
  },
]
