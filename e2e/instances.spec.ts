import { type Browser, expect, type Page, test } from '@playwright/test'
import { eq, sql } from 'drizzle-orm'
import { connect } from '@/db/client'
import { generation } from '@/db/schema'
import { demoSecrets } from '@/demo/shared/state'
import { sha256 } from '@/lib/secrets/format'
import { currentCode } from '@/lib/secrets/totp'
import { INSTANCE_HEADER } from '@/testing/console-front'
import { type Instances, startInstances } from '@/testing/instances'
import { type Postgres, startPostgres } from '@/testing/postgres'
import {
  access,
  advance,
  db,
  demo,
  nextCode,
  openApiTab,
  person,
  proveWithCode,
  type Role,
  revealed,
  signIn,
  token,
  use,
} from './demo'

/**
 * Two consoles and two gates on one PostgreSQL behind a front that takes no notice of who asks, with host clocks ten
 * minutes before and behind: what one instance allowed or refused holds on the other.
 */
test.describe.configure({ mode: 'serial' })
const permissions = ['clipboard-read', 'clipboard-write']

const MINUTE = 60_000
const WITHIN_MS = 2_000
let postgres: Postgres
let site: Instances

test.beforeAll(async () => {
  postgres = await startPostgres({ durable: true })
  site = await startInstances({ databaseUrl: postgres.url, skewMs: [10 * MINUTE, -10 * MINUTE] })
  const { merchants, gatewayToken } = demoSecrets(site.dataDir)
  const [{ id, people }] = merchants
  const [gateUrl, internalUrl] = [site.gateUrls[0]!, site.internalUrls[0]!]
  const urls = { consoleUrl: site.front.url, gateUrl, internalUrl, mailUrl: '' }
  use({ demo: { ...urls, gatewayToken, merchant: id, people }, db: connect(postgres.url, { max: 2 }) })
})

test.afterAll(async () => {
  await db().$client.end()
  use(null)
  await site?.stop()
  await postgres?.stop()
})

/** From now on the requests of this page go to one instance, 0 or 1. */
const through = (page: Page, instance: 0 | 1): Promise<void> =>
  page.context().setExtraHTTPHeaders({ [INSTANCE_HEADER]: String(instance) })

/** A browser of its own, signed in. */
async function signedIn(browser: Browser, role: Role, instance: 0 | 1): Promise<Page> {
  const page = await (await browser.newContext({ permissions })).newPage()
  await through(page, instance)
  await signIn(page, role)
  return page
}

async function upToTheCode(page: Page, role: Role, reason: string): Promise<void> {
  await page.getByRole('button', { name: 'Regenerate' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('radio', { name: reason }).check()
  await dialog.getByLabel('Password', { exact: true }).fill(person(role).password)
  await dialog.getByRole('button', { name: 'Continue' }).click()
  await expect(codeField(page)).toBeVisible()
}

const codeField = (page: Page) => page.getByRole('dialog').getByLabel('Authorization 2FA for operations')

const generations = () => db().select().from(generation).where(eq(generation.merchantId, demo().merchant))

async function standing(): Promise<(typeof generation.$inferSelect)[]> {
  return (await generations()).filter((g) => !g.discardedAt && !g.revokedAt)
}

let pair: { key: string; secret: string }
/** The Owner's browser, from the second test on. */
let owner: Page

// CHECKS 26, 140
test('signed in on one console is signed in on the other, and signed out on both at once', async ({ page }) => {
  await through(page, 0)
  await signIn(page, 'owner')
  await through(page, 1)
  await page.goto(`${demo().consoleUrl}/m/${demo().merchant}`)
  await expect(page.getByRole('button', { name: /^Account menu/ })).toBeVisible()

  const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
  const ask = (instance: number, path: string) =>
    fetch(`${demo().consoleUrl}/${path}`, {
      headers: { cookie, [INSTANCE_HEADER]: String(instance), accept: 'text/html' },
      redirect: 'manual',
    })
  const pulse = `api/console/m/${demo().merchant}/pulse`
  expect([(await ask(0, pulse)).status, (await ask(1, pulse)).status]).toEqual([200, 200])
  await page.getByRole('button', { name: /^Account menu/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page.getByText('You are signed out.')).toBeVisible()
  for (const instance of [0, 1]) {
    expect((await ask(instance, pulse)).status).toBe(401)
    expect((await ask(instance, `m/${demo().merchant}/access/api`)).headers.get('location')).toMatch(/^\/sign-in/)
  }
  // Whose clock is wrong is said by each of them.
  for (const part of [...site.consoles, ...site.gates]) expect(part.output()).toContain('"event":"clock_skew"')
  expect(site.dispatcher.output()).not.toContain('clock_skew')
})

// CHECKS 1
test('one sign-in code on two consoles at the same moment signs in once', async ({ browser }) => {
  const code = await nextCode('owner', 'sign_in')
  const pages = await Promise.all(
    ([0, 1] as const).map(async (instance) => {
      const page = await (await browser.newContext({ permissions })).newPage()
      await through(page, instance)
      await page.goto(`${demo().consoleUrl}/sign-in`)
      await page.getByLabel('E-mail').fill(person('owner').email)
      await page.getByLabel('Password', { exact: true }).fill(person('owner').password)
      await page.getByLabel('Sign-in 2FA code').fill(code)
      return page
    }),
  )
  await Promise.all(pages.map((page) => page.getByRole('button', { name: 'Sign in', exact: true }).click()))
  const outcomes = await Promise.all(
    pages.map(async (page) => {
      const inside = page.getByRole('button', { name: /^Account menu/ })
      const refused = page.getByText('That did not match.')
      await expect(inside.or(refused)).toBeVisible()
      return inside.isVisible()
    }),
  )
  expect([...outcomes].sort()).toEqual([false, true])
  owner = pages[outcomes.indexOf(true)]!
  await pages[outcomes.indexOf(false)]!.context().close()
})

// CHECKS 44
test('one submission that reaches both consoles makes one pair, and one answer holds it', async () => {
  const page = owner
  await openApiTab(page)
  const activate = page.getByRole('switch', { name: 'Activate API user' })
  await activate.click()
  await expect(activate).toBeChecked()
  await upToTheCode(page, 'owner', 'First set-up')
  const answers: string[] = []
  await page.route(
    (url) => url.pathname.startsWith('/m/'),
    async (route) => {
      if (route.request().method() !== 'POST') return route.fallback()
      const headers = route.request().headers()
      const both = await Promise.all(
        ['0', '1'].map(async (instance) => {
          const response = await route.fetch({ headers: { ...headers, [INSTANCE_HEADER]: instance } })
          return { response, text: await response.text() }
        }),
      )
      answers.push(...both.map(({ text }) => text))
      const first = both.find(({ text }) => text.includes('gts_test_')) ?? both[0]!
      await route.fulfill({ response: first.response })
    },
  )
  await codeField(page).fill(await nextCode('owner', 'operations'))
  await expect(page.getByRole('dialog').getByRole('button', { name: 'I have saved both' })).toBeVisible()
  expect(answers).toHaveLength(2)
  expect(answers.filter((text) => text.includes('gts_test_'))).toHaveLength(1)
  expect(answers.join()).toMatch(/already_done|code_already_used/)
  expect(await generations()).toHaveLength(1)
  await page.unrouteAll()
  pair = await revealed(page)
  await page.getByRole('dialog').getByRole('button', { name: 'I have saved both' }).click()
  await expect(page.getByRole('dialog')).toBeHidden()
})

// CHECKS 45
test('Root and Owner regenerate at the same moment on two consoles: one pair waits, the other is told', async ({
  browser,
}) => {
  await through(owner, 0)
  const pages = [owner, await signedIn(browser, 'root', 1)] as const
  const roles = ['owner', 'root'] as const
  for (const [at, page] of pages.entries()) {
    await openApiTab(page)
    await upToTheCode(page, roles[at]!, 'Planned change')
  }
  await advance(30_000)
  const { rows } = await db().execute<{ ms: number }>(
    sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 + (select shift_ms from clock_shift) as ms`,
  )
  const now = new Date(Number(rows[0]?.ms))
  await Promise.all(pages.map((page, at) => codeField(page).fill(currentCode(person(roles[at]!).operationsTotp, now))))
  const pairs = []
  for (const page of pages) {
    await page.bringToFront()
    await expect(page.getByRole('dialog').getByRole('button', { name: 'Copy API secret' })).toBeVisible()
    pairs.push(await revealed(page))
  }
  const rowsNow = await generations()
  const pending = rowsNow.filter((g) => !g.acknowledgedAt && !g.discardedAt)
  expect(pending).toHaveLength(1)
  for (const { key, secret } of pairs) expect(rowsNow.find((g) => g.publicId === key)?.digest).toBe(sha256(secret))
  const winner = pairs.findIndex(({ key }) => key === pending[0]?.publicId)
  expect(winner).toBeGreaterThanOrEqual(0)
  await expect(pages[1 - winner]!.getByText(/^Replaced by /)).toBeVisible()
  expect((await token(pairs[winner]!)).status).toBe(200)
  expect((await token(pairs[1 - winner]!)).status).toBe(400)
  expect((await token(pair)).status).toBe(200)
  await pages[winner]!.getByRole('dialog').getByRole('button', { name: 'Discard', exact: true }).click()
  await expect(pages[winner]!.getByRole('dialog')).toBeHidden()
  await pages[1].context().close()
  await owner.reload()
})

// CHECKS 27, 28
test('who is demoted, removed or suspended with a popup open completes nothing on the other console', async ({
  browser,
}) => {
  const page = await signedIn(browser, 'admin', 0)
  await openApiTab(page)
  await page.getByRole('button', { name: 'Edit Whitelist IP access' }).click()
  await page.getByRole('textbox', { name: /address or range/i }).fill('198.51.100.77\n')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: /^Apply/ }).click()
  await expect(codeField(page)).toBeVisible()
  await setMembership('admin', { role: 'member', state: 'active' })
  await through(page, 1)
  await proveWithCode(page, 'admin')
  await expect(page.getByText('Your role may not do this.')).toBeVisible()
  const answer = await page.request.get(
    `${demo().consoleUrl}/api/console/m/${demo().merchant}/proof/019a0000-0000-7000-8000-000000000000`,
  )
  expect(answer.status()).toBe(404)
  await setMembership('admin', { role: 'admin', state: 'removed' })
  const pulse = await page.request.get(`${demo().consoleUrl}/api/console/m/${demo().merchant}/pulse`)
  expect(pulse.status()).toBe(404)
  await setMembership('admin', { role: 'admin', state: 'active' })
  await page.context().close()
  expect(await entries()).toEqual([])

  const before = await generations()
  await through(owner, 1)
  await upToTheCode(owner, 'owner', 'It leaked')
  await db().execute(
    sql`update merchant set state = 'suspended', state_reason = 'case 7' where id = ${demo().merchant}`,
  )
  try {
    await through(owner, 0)
    await proveWithCode(owner, 'owner')
    await expect(owner.getByText('This account is suspended.')).toBeVisible()
    expect(await generations()).toEqual(before)
  } finally {
    await db().execute(sql`update merchant set state = 'active', state_reason = null where id = ${demo().merchant}`)
  }
  await owner.reload()
})

const setMembership = (role: Role, to: { role: Role; state: 'active' | 'removed' }) =>
  db().execute(sql`update membership set role = ${to.role}, state = ${to.state} where merchant_id = ${demo().merchant}
    and person_id = (select id from person where email = ${person(role).email})`)

const entries = async () => (await db().execute(sql`select range from whitelist_entry where removed_at is null`)).rows

// CHECKS 109
test('a console of another build while a popup is open: the person is told, nothing is done, and can go on', async () => {
  const page = owner
  const keyOfAnotherBuild = Buffer.alloc(32, 'another build, other keys').toString('base64')
  const newer = await site.startConsole({ NEXT_SERVER_ACTIONS_ENCRYPTION_KEY: keyOfAnotherBuild })
  try {
    await through(page, 0)
    await upToTheCode(page, 'owner', 'Planned change')
    const before = await generations()
    await page.route(
      (url) => url.pathname.startsWith('/m/'),
      (route) => {
        const headers = route.request().headers()
        const id = headers['next-action']
        // What a browser sends whose page came from another build: an id that the new one does not know.
        return id
          ? route.continue({ headers: { ...headers, 'next-action': id.replace(/.{8}$/, '00000000') } })
          : route.fallback()
      },
    )
    await codeField(page).fill(await nextCode('owner', 'operations'))
    await expect(page.getByText('The answer did not arrive.')).toBeVisible()
    expect(await generations()).toEqual(before)
    await page.unrouteAll()

    // The same popup, now answered by the new console: same build, other keys.
    site.front.ports[1] = newer.port
    await through(page, 1)
    await codeField(page).fill(await nextCode('owner', 'operations'))
    await expect(page.getByRole('dialog').getByRole('button', { name: 'I have saved both' })).toBeVisible()
    expect(await generations()).toHaveLength(before.length + 1)
    await page.getByRole('dialog').getByRole('button', { name: 'Discard', exact: true }).click()
    await expect(page.getByRole('dialog')).toBeHidden()
  } finally {
    await newer.running.stop()
    site.front.ports[1] = site.front.ports[0]!
  }
})

// CHECKS 59
test('switched off on a console: both gates refuse the token within two seconds', async () => {
  const page = owner
  const bearer = await access(pair)
  const status = async (gate: string) =>
    (await fetch(`${gate}/wallets`, { headers: { authorization: `Bearer ${bearer}` } })).status
  expect(await Promise.all(site.gateUrls.map(status))).toEqual([200, 200])
  await through(page, 0)
  await page.getByRole('switch', { name: 'Activate API user' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Switch off' }).click()
  await expect(page.getByRole('switch', { name: 'Activate API user' })).not.toBeChecked()
  for (const gate of site.gateUrls) await expect.poll(() => status(gate), { timeout: WITHIN_MS }).toBe(401)
  expect(await standing()).toHaveLength(1)
})

// CHECKS 133
test('while the database is away the page says so, and it comes back by itself; a failed page can be tried again', async () => {
  const page = owner
  const status = `${demo().consoleUrl}/m/${demo().merchant}`
  await db().execute(sql`alter table whitelist_entry rename to hidden`)
  await page.goto(`${status}/access/staff`)
  await page.getByRole('navigation', { name: 'Access list' }).getByRole('link', { name: 'API', exact: true }).click()
  await expect(page.getByText('This page could not be shown')).toBeVisible()
  await expect(page.locator('body')).not.toContainText(/whitelist_entry|select/i)
  await db().execute(sql`alter table hidden rename to whitelist_entry`)
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('heading', { name: 'Your API access credentials' })).toBeVisible()

  await postgres.end('immediate')
  await expect(async () => expect((await page.goto(status))?.status()).toBe(503)).toPass({ timeout: 5_000 })
  await expect(page.getByText('The console cannot reach its database')).toBeVisible()
  await postgres.start()
  await expect(page.getByRole('button', { name: /^Account menu/ })).toBeVisible({ timeout: 10_000 })
})
