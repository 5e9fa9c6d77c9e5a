import type { Fault } from './fault'

const tests = ['lib/access/step-up.test.ts']
const stepUp = { file: 'lib/access/step-up.ts', tests, project: 'postgres' } as const
const factors = { file: 'lib/access/factors.ts', tests, project: 'postgres' } as const
const attempts = { file: 'lib/access/attempts.ts', tests, project: 'postgres' } as const

/** The password and the code before what matters. */
export const stepUpFaults: Fault[] = [
  {
    ...stepUp,
    name: 'a ticket is not bound to its session',
    find: '        eq(ticket.sessionId, ctx.actor.sessionId),\n',
    replace: '',
  },
  {
    ...stepUp,
    name: 'a ticket is not bound to its merchant',
    find: '        eq(ticket.merchantId, ctx.actor.merchantId),\n',
    replace: '',
  },
  {
    ...stepUp,
    name: 'a ticket is not bound to its operation',
    find: '        eq(ticket.operation, given.operation),\n',
    replace: '',
  },
  {
    ...stepUp,
    name: 'a ticket is not bound to its parameters',
    find: '        eq(ticket.paramsSha256, paramsDigest(given.params)),\n',
    replace: '',
  },
  {
    ...stepUp,
    name: 'a ticket is taken at the instant it expires',
    find: 't.endedAt || t.expiresAt <= ctx.now',
    replace: 't.endedAt || t.expiresAt < ctx.now',
  },
  {
    ...stepUp,
    name: 'a ticket that was ended is taken',
    find: '!t || t.endedAt || t.expiresAt',
    replace: '!t || t.expiresAt',
  },
  {
    ...stepUp,
    name: 'the last wrong code leaves the tickets open',
    find: '        .set({ endedAt: ctx.now })',
    replace: '        .set({ endedAt: null })',
  },
  {
    ...stepUp,
    name: 'codes may be guessed without end',
    find: "limits.stepUp, ctx.now)\n  if (!taken.allowed) return err('too_many_attempts', taken.retryAt)\n\n  const keys",
    replace: 'limits.stepUp, ctx.now)\n  if (!taken.allowed) void taken.retryAt\n\n  const keys',
  },
  {
    ...stepUp,
    name: 'a right code of a refused operation counts as a failure',
    find: '    await giveBack(ctx.db, laneOf(ctx))\n    return ok({ ticketId',
    replace: '    return ok({ ticketId',
  },
  {
    ...stepUp,
    name: 'a right password resets the count of wrong codes',
    find: '    await giveBack(ctx.db, laneOf(ctx))\n  }\n',
    replace: '    await clearAttempts(ctx.db, [laneOf(ctx)])\n  }\n',
  },
  {
    ...stepUp,
    name: 'a code is not spent',
    find: "  if (!(await spendCode(tx, proof))) return err('code_already_used', nextStepAt(ctx.now))\n",
    replace: '',
  },
  {
    ...stepUp,
    name: 'a wrong code is spent with the ticket',
    find: '  const refusal = isSignInCode &&',
    replace:
      '  await ctx.db.update(ticket).set({ usedAt: ctx.now }).where(eq(ticket.id, t.id))\n  const refusal = isSignInCode &&',
  },
  {
    ...stepUp,
    name: 'two that use one ticket at once both get through',
    find: 'and(eq(ticket.id, proof.ticketId), isNull(ticket.usedAt), isNull(ticket.endedAt),',
    replace: 'and(eq(ticket.id, proof.ticketId), isNull(ticket.endedAt),',
  },
  {
    ...stepUp,
    name: 'a ticket that expires between the code and the change still works',
    find: 'isNull(ticket.endedAt), gt(ticket.expiresAt, ctx.now)),',
    replace: 'isNull(ticket.endedAt)),',
  },
  {
    ...stepUp,
    name: 'making a pair does not ask for the password',
    tests: ['lib/access/model.test.ts'],
    project: 'once',
    find: "permission: 'credentials.regenerate', password: true",
    replace: "permission: 'credentials.regenerate', password: false",
  },
  {
    ...stepUp,
    name: 'the password is asked and not looked at',
    find: '    if (!knows) {\n',
    replace: '    if (!knows && given.password) {\n',
  },
  {
    ...stepUp,
    name: 'a new operations factor works in its hour of waiting',
    find: "  if (f.usableFrom && f.usableFrom > ctx.now) return err('operations_factor_waits', f.usableFrom)\n",
    replace: '',
  },
  {
    ...stepUp,
    name: 'a ticket is given to whose role may not',
    tests: ['lib/credentials/regenerate.test.ts'],
    find: '  if (refusal) return err(refusal)\n',
    replace: '',
  },
  {
    ...stepUp,
    name: 'nobody reads who asked for what their role may not do',
    tests: ['lib/credentials/regenerate.test.ts'],
    find: "  if (refusal === 'forbidden') await recordForbidden(ctx, rule.permission)\n",
    replace: '',
  },
  {
    ...stepUp,
    name: 'a wrong code is not written down',
    find: 'await append(tx, {',
    replace: 'void ({',
  },
  {
    ...stepUp,
    name: 'nobody is mailed when the codes are locked',
    find: 'await tellOwners(tx, ctx.actor.merchantId, {',
    replace: 'void ({',
  },
  {
    ...factors,
    name: 'a code that was used fits again',
    find: 'return step > f.lastStep ?',
    replace: 'return step >= f.lastStep ?',
  },
  {
    ...factors,
    name: 'spending a code does not look whether somebody was faster',
    find: "eq(factor.state, 'active'), lt(factor.lastStep, check.step)",
    replace: "eq(factor.state, 'active')",
  },
  {
    ...factors,
    name: 'a code of the sign-in factor confirms an operation',
    find: ".where(and(eq(factor.personId, personId), eq(factor.purpose, purpose), eq(factor.state, 'active')))",
    replace: ".where(and(eq(factor.personId, personId), eq(factor.state, 'active')))",
  },
  {
    ...factors,
    name: 'a replaced factor still works',
    find: ".where(and(eq(factor.personId, personId), eq(factor.purpose, purpose), eq(factor.state, 'active')))",
    replace: '.where(and(eq(factor.personId, personId), eq(factor.purpose, purpose)))',
  },
  {
    ...attempts,
    name: 'failures are never counted up',
    find: 'then 1 else a.failures + 1 end',
    replace: 'then 1 else a.failures end',
  },
  {
    ...attempts,
    name: 'one guess more than the limit is looked at',
    find: 'a.failures < ${limit.failures}',
    replace: 'a.failures <= ${limit.failures}',
  },
  {
    file: 'lib/secrets/totp.ts',
    tests: ['lib/secrets/secrets.test.ts'],
    project: 'once',
    name: 'the code of the next half minute is taken',
    find: 'epochTolerance: [STEP_SECONDS, 0]',
    replace: 'epochTolerance: [STEP_SECONDS, STEP_SECONDS]',
  },
]
