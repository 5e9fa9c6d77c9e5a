import { expect } from '@playwright/test'
import { sql } from 'drizzle-orm'
import { db, demo, signIn } from './demo'
import { ids, post } from './post'
import { test } from './recording'

/** Every server action of the build, called the way an attacker calls it. A new action without a row here fails. */
const generationId = '019a0000-0000-7000-8000-000000000000'
const proven = { ticket: 'x', code: '000000' }
const ofMerchant: Record<string, unknown[]> = {
  openTicketAction: [{ operation: 'api_user.switch_on', params: {} }],
  regenerateAction: [{ ...proven, params: { reason: 'lost', overlap: 'at_once' } }],
  acknowledgeAction: [{ generationId }],
  discardAction: [{ generationId }],
  endOverlapAction: [],
  shortenOverlapAction: [{ lasts: '1_hour' }],
  switchOffAction: [],
  switchOnAction: [null],
  allowMoneyOutAction: [proven],
  forbidMoneyOutAction: [],
  changeWhitelistAction: [{ ...proven, params: { version: 0, add: [], remove: [], notes: [] } }],
  turnWhitelistOffAction: [{ ...proven, version: 0 }],
  turnWhitelistOnAction: [{ ...proven, version: 0 }],
}
const ofPerson: Record<string, unknown[]> = {
  signInAction: [{ email: 'x', password: 'x', code: 'x' }, '/'],
  signOutAction: [],
  startEnrolmentAction: [{ purpose: 'sign_in', password: 'x', code: '000000' }],
  finishEnrolmentAction: [{ purpose: 'sign_in', code: '000000' }],
  changePasswordAction: [{ password: 'x', code: '000000', next: 'x' }],
  endSessionAction: [{ sessionId: generationId }],
  endOtherSessionsAction: [],
}

const stateOf = async (merchant: string) => {
  const { rows } = await db().execute(sql`
    select (select count(*) from generation where merchant_id = ${merchant}) generations,
           (select jsonb_agg(c order by id) from credential c where merchant_id = ${merchant}) credentials,
           (select jsonb_agg(w order by id) from whitelist w where merchant_id = ${merchant}) lists,
           (select count(*) from ticket where merchant_id = ${merchant}) tickets`)
  return JSON.stringify(rows)
}

// CHECKS 35
test('every action has its row here', () => {
  expect([...ids.keys()].sort()).toEqual([...Object.keys(ofMerchant), ...Object.keys(ofPerson)].sort())
})

// CHECKS 35, 37, 38
test('with another merchant’s id every action answers 404 and changes nothing, from whatever page it is posted', async ({
  page,
}) => {
  await signIn(page, 'root')
  const before = await stateOf('brightwater')
  for (const [name, args] of Object.entries(ofMerchant)) {
    for (const path of [`/m/${demo().merchant}/access/api`, '/sign-in', '/']) {
      const answer = await post(page, path, name, ['brightwater', ...args])
      // From a page that does not hold the action the framework does not run it and answers `{}`.
      const ran = answer.status !== 404 && answer.text !== '{}' && !answer.text.includes('NEXT_HTTP_ERROR_FALLBACK;404')
      expect([name, path, ran ? answer : 'did not run']).toEqual([name, path, 'did not run'])
    }
  }
  expect(await stateOf('brightwater')).toBe(before)
  const { rows } = await db().execute<{ n: number }>(
    sql`select count(*)::int n from audit where action = 'access.refused' and subject = 'brightwater'`,
  )
  expect(Number(rows[0]?.n)).toBeGreaterThanOrEqual(Object.keys(ofMerchant).length)
})

// CHECKS 36, 37
test('a member who posts the actions of the Access list is refused by each', async ({ page }) => {
  await signIn(page, 'member')
  const before = await stateOf(demo().merchant)
  for (const [name, args] of Object.entries(ofMerchant)) {
    const answer = await post(page, `/m/${demo().merchant}/access/api`, name, [demo().merchant, ...args])
    expect([name, answer.text]).toEqual([
      name,
      expect.stringMatching(/"error":"(forbidden|ticket_invalid|nothing_to_change)"/),
    ])
  }
  expect(await stateOf(demo().merchant)).toBe(before)
})

test('nobody signed in: every action says so and does nothing', async ({ page }) => {
  await page.goto(`${demo().consoleUrl}/sign-in`)
  const before = await stateOf(demo().merchant)
  for (const [name, args] of Object.entries(ofMerchant)) {
    const answer = await post(page, `/m/${demo().merchant}/access/api`, name, [demo().merchant, ...args])
    expect([name, answer.text]).toEqual([name, expect.stringContaining('"error":"signed_out"')])
  }
  expect(await stateOf(demo().merchant)).toBe(before)
})

// CHECKS 38, 113, 114
test('extra, wrong and hostile fields are refused as input, never with an error of ours', async ({ page }) => {
  await signIn(page, 'owner')
  const at = `/m/${demo().merchant}/access/api`
  const bad: [string, unknown[]][] = [
    ['discardAction', [{ generationId, merchantId: 'brightwater' }]],
    ['discardAction', [{ generationId: [generationId] }]],
    ['discardAction', [JSON.parse('{"__proto__":{"role":"root"},"generationId":1}')]],
    ['shortenOverlapAction', [{ lasts: 1e3 }]],
    ['changeWhitelistAction', [{ ...proven, params: { version: '0', add: [], remove: [], notes: [] } }]],
    [
      'changeWhitelistAction',
      [
        {
          ...proven,
          params: { version: 0, add: [{ range: '203.0.113.7', note: '\u202Etxt' }], remove: [], notes: [] },
        },
      ],
    ],
    [
      'changeWhitelistAction',
      [{ ...proven, params: { version: 0, add: [{ range: '203.0.113.7', note: 'a\u0000b' }], remove: [], notes: [] } }],
    ],
    ['openTicketAction', [{ operation: 'everything', params: {} }]],
    ['openTicketAction', ['x'.repeat(50_000)]],
  ]
  for (const [name, args] of bad) {
    const answer = await post(page, at, name, [demo().merchant, ...args])
    expect([name, answer.status, answer.text]).toEqual([name, 200, expect.stringContaining('"error":"invalid_input"')])
  }
})

// CHECKS 101, 102, 107
test('forged, null, missing and foreign origins run nothing; a large body ends early', async ({ request }) => {
  const id = ids.get('endOverlapAction')!
  const url = `${demo().consoleUrl}/m/${demo().merchant}/access/api`
  const origin = new URL(demo().consoleUrl)
  const hostile: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    {},
    { origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' },
    { origin: `http://sub.${origin.host}` },
    { origin: `${origin.protocol}//${origin.hostname}:${Number(origin.port) + 1}` },
    { origin: origin.origin, 'sec-fetch-site': 'cross-site' },
    { origin: origin.origin, 'sec-fetch-site': 'same-site' },
  ]
  for (const headers of hostile) {
    const r = await fetch(url, {
      method: 'POST',
      headers: { 'next-action': id, 'content-type': 'text/plain', ...headers },
      body: `["${demo().merchant}"]`,
    })
    expect([JSON.stringify(headers), r.status]).toEqual([JSON.stringify(headers), 403])
  }
  const big = await request
    .post(url, { headers: { 'next-action': id, origin: origin.origin }, data: 'x'.repeat(2_000_000) })
    .catch(() => null)
  expect(big?.status() ?? 413).toBe(413)
  const get = await request.get(url, { headers: { 'next-action': id }, maxRedirects: 0 })
  expect(get.status()).not.toBe(500)
})
