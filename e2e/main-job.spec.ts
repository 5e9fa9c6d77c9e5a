import { execFileSync } from 'node:child_process'
import { expect } from '@playwright/test'
import { sql } from 'drizzle-orm'
import * as oauth from 'oauth4webapi'
import {
  access,
  advance,
  call,
  db,
  demo,
  nextCode,
  openApiTab,
  person,
  proveWithCode,
  regenerate,
  revealed,
  signIn,
  token,
} from './demo'
import { test } from './recording'

/** The main job, in the order of the vendor's page, by a script that knows only the labels of CONTRACTS section 6. */
test.describe.configure({ mode: 'serial' })
test.use({ permissions: ['clipboard-read', 'clipboard-write'] })

let pair: { key: string; secret: string }
let second: { key: string; secret: string }

const code = async (response: Response): Promise<string | undefined> =>
  ((await response.json()) as { errors?: { code: string; id: string }[] }).errors?.[0]?.code

/** With another last character than its own. */
const mistyped = (text: string): string => text.slice(0, -1) + (text.endsWith('x') ? 'y' : 'x')

test('the owner activates the API user and generates a pair; the popup turns green by itself', async ({ page }) => {
  await signIn(page, 'owner')
  await openApiTab(page)
  const activate = page.getByRole('switch', { name: 'Activate API user' })
  await activate.click()
  await expect(activate).toBeChecked()

  pair = await regenerate(page, 'owner')
  const dialog = page.getByRole('dialog')
  expect(pair.key).toMatch(/^gtk_test_[A-Za-z0-9]{22}$/)
  expect(pair.secret).toMatch(/^gts_test_[A-Za-z0-9]{49}$/)
  await expect(dialog.getByLabel('API key', { exact: true })).toHaveText(pair.key)
  await expect(dialog.getByText('Waiting for the first call')).toBeVisible()

  // The script as it stands in the popup, with the secret typed at its prompt.
  const script = await dialog.getByRole('region', { name: 'Script for bash' }).textContent()
  expect(script).not.toContain(pair.secret)
  const answer = execFileSync('bash', ['-c', script ?? ''], { input: `${pair.secret}\n`, encoding: 'utf8' })
  expect(answer).toContain('"access"')
  await expect(dialog.getByText('First call seen from')).toBeVisible({ timeout: 10_000 })
  await dialog.getByRole('button', { name: 'I have saved both' }).click()
  await expect(dialog).toBeHidden()
  await expect(page.getByRole('heading', { name: /^Current pair/ })).toBeVisible()
  await expect(page.locator('body')).not.toContainText(pair.secret)
})

test('a client gets a token and reaches the sample API, with curl’s request and with an OAuth library', async () => {
  const response = await token(pair)
  expect(response.status).toBe(200)
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
  const body = await response.json()
  expect(body).toMatchObject({
    data: { type: 'auth-token', attributes: { expires_in: 3599, token_type: 'Bearer', access: expect.any(String) } },
  })
  const wallets = await call('/wallets', body.data.attributes.access)
  expect(wallets.status).toBe(200)

  const server: oauth.AuthorizationServer = {
    issuer: demo().gateUrl,
    token_endpoint: `${demo().gateUrl}/oauth/token`,
  }
  const client: oauth.Client = { client_id: pair.key }
  const answer = await oauth.clientCredentialsGrantRequest(
    server,
    client,
    oauth.ClientSecretBasic(pair.secret),
    {},
    { [oauth.allowInsecureRequests]: true },
  )
  const granted = await oauth.processClientCredentialsResponse(server, client, answer)
  expect((await call('/me', granted.access_token)).status).toBe(200)
})

test('a wrong secret and an unknown key read the same to the caller', async () => {
  for (const wrong of [
    { ...pair, secret: mistyped(pair.secret) },
    { ...pair, key: mistyped(pair.key) },
  ]) {
    const refused = await token(wrong)
    expect(refused.status).toBe(400)
    expect(await code(refused)).toBe('2006')
  }
})

test('money-out is its own switch: refused before it is allowed', async () => {
  const payout = await call('/payouts', await access(pair), {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  })
  expect(payout.status).toBe(403)
  expect(await code(payout)).toBe('permission_denied')
})

// CHECKS 71
test('off the whitelist the caller learns nothing, and the console says it with the cure', async ({ page }) => {
  const bearer = await access(pair)
  await signIn(page, 'admin')
  await openApiTab(page)
  await page.getByRole('button', { name: 'Edit Whitelist IP access' }).click()
  await page.getByRole('textbox', { name: /address or range/i }).fill('198.51.100.4, 2001:db8::/64\n')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: /^Apply/ }).click()
  await proveWithCode(page, 'admin')
  await expect(page.getByRole('dialog')).toBeHidden()
  await expect(page.getByText('198.51.100.4').first()).toBeVisible()

  await expect(async () => expect((await call('/wallets', bearer)).status).toBe(403)).toPass({ timeout: 3_000 })
  const refused = await token(pair)
  expect(refused.status).toBe(403)
  const text = await refused.text()
  expect(text).toContain('2016')
  expect(text).not.toMatch(/127\.0\.0\.1|198\.51\.100/)
})

test('the refused address can be added from the page, and the call passes within two seconds', async ({ page }) => {
  await signIn(page, 'admin')
  await openApiTab(page)
  await page.getByRole('button', { name: 'Edit Whitelist IP access' }).click()
  await page.getByRole('button', { name: /Add my address/ }).click()
  await page.getByRole('button', { name: /^Apply/ }).click()
  await proveWithCode(page, 'admin')
  await expect(page.getByRole('dialog')).toBeHidden()
  await expect(async () => expect((await token(pair)).status).toBe(200)).toPass({ timeout: 3_000 })
})

// CHECKS 59
test('the toggle off refuses tokens too, within two seconds, and on needs the code', async ({ page }) => {
  const bearer = await access(pair)
  await signIn(page, 'owner')
  await openApiTab(page)
  const activate = page.getByRole('switch', { name: 'Activate API user' })
  await activate.click()
  await page.getByRole('dialog').getByRole('button', { name: 'Switch off' }).click()
  await expect(activate).not.toBeChecked()
  await expect(async () => expect((await call('/wallets', bearer)).status).toBe(401)).toPass({ timeout: 3_000 })
  expect(await code(await token(pair))).toBe('2006')

  await activate.click()
  await proveWithCode(page, 'owner')
  await expect(activate).toBeChecked()
  await expect(async () => expect((await call('/wallets', bearer)).status).toBe(200)).toPass({ timeout: 3_000 })
})

test('a planned change: both pairs work through the overlap, and End it now ends the old one', async ({ page }) => {
  await signIn(page, 'owner')
  await openApiTab(page)
  second = await regenerate(page, 'owner', 'Planned change')
  expect((await token(pair)).status).toBe(200)
  await page.getByRole('dialog').getByRole('button', { name: 'I have saved both' }).click()
  await expect(page.getByRole('heading', { name: /^Old pair/ })).toBeVisible()
  const old = await access(pair)
  expect((await token(second)).status).toBe(200)
  await page.getByRole('button', { name: 'End it now' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'End it now' }).click()
  await expect(page.getByRole('heading', { name: /^Old pair/ })).toBeHidden()
  await expect(async () => expect((await call('/wallets', old)).status).toBe(401)).toPass({ timeout: 3_000 })
  expect((await token(pair)).status).toBe(400)
  expect((await token(second)).status).toBe(200)
})

// CHECKS 46, 47
test('a lost popup costs nothing: the old pair works, the new one is gone after ten minutes', async ({ page }) => {
  await signIn(page, 'owner')
  await openApiTab(page)
  const lost = await regenerate(page, 'owner', 'Planned change')
  await page.close({ runBeforeUnload: false })
  expect((await token(second)).status).toBe(200)
  await advance(10 * 60_000)
  expect((await token(lost)).status).toBe(400)
  expect((await token(second)).status).toBe(200)
})

test('It leaked: the old pair and its tokens end before the new one is shown', async ({ page }) => {
  const bearer = await access(second)
  await signIn(page, 'owner')
  await openApiTab(page)
  pair = await regenerate(page, 'owner', 'It leaked')
  await expect(async () => expect((await call('/wallets', bearer)).status).toBe(401)).toPass({ timeout: 3_000 })
  expect((await token(second)).status).toBe(400)
  await page.getByRole('dialog').getByRole('button', { name: 'I have saved both' }).click()
  expect((await token(pair)).status).toBe(200)
})

test('discard is immediate and final', async ({ page }) => {
  await signIn(page, 'root')
  await openApiTab(page)
  const thrown = await regenerate(page, 'root', 'Planned change')
  expect((await token(thrown)).status).toBe(200)
  await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click()
  await expect(page.getByRole('dialog')).toBeHidden()
  await expect(async () => expect((await token(thrown)).status).toBe(400)).toPass({ timeout: 3_000 })
  expect((await token(pair)).status).toBe(200)
  // Using a discarded pair is its own line on everybody's home; a page that is open offers what is new.
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Integration status' }).click()
  await expect(page.getByText(/discarded/i).first()).toBeVisible({ timeout: 10_000 })
  await token({ ...pair, secret: mistyped(pair.secret) })
  await page.getByRole('button', { name: 'Show what is new' }).click({ timeout: 10_000 })
  await expect(page.getByRole('button', { name: 'Show what is new' })).toBeHidden()
})

test('suspension stops every credential, people can read and change nothing', async ({ page }) => {
  const bearer = await access(pair)
  const set = (state: string, reason: string | null) =>
    db().execute(sql`update merchant set state = ${state}, state_reason = ${reason} where id = ${demo().merchant}`)
  await set('suspended', 'case 2231')
  try {
    await expect(async () => expect((await call('/wallets', bearer)).status).toBe(401)).toPass({ timeout: 3_000 })
    expect(await code(await token(pair))).toBe('2006')
    await signIn(page, 'owner')
    await openApiTab(page)
    await expect(page.getByText('case 2231').first()).toBeVisible()
    await expect(page.getByRole('button', { name: 'Regenerate' })).toBeDisabled()
  } finally {
    await set('active', null)
  }
  await expect(async () => expect((await call('/wallets', bearer)).status).toBe(200)).toPass({ timeout: 3_000 })
})

test('wrong turns in the popup: wrong password, wrong code, a sign-in code, a used code, each said beside its field', async ({
  page,
}) => {
  await signIn(page, 'root')
  await openApiTab(page)
  await page.getByRole('button', { name: 'Regenerate' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Password', { exact: true }).fill('not my password at all')
  await dialog.getByRole('button', { name: 'Continue' }).click()
  await expect(dialog.getByText('That is not your password.')).toBeVisible()
  await dialog.getByLabel('Password', { exact: true }).fill(person('root').password)
  await dialog.getByRole('button', { name: 'Continue' }).click()
  const box = dialog.getByLabel('Authorization 2FA for operations')
  await box.fill(await nextCode('root', 'sign_in'))
  await expect(dialog.getByText(/sign-in/i).first()).toBeVisible()
  await expect(box).toHaveValue('')
  await box.fill('000000')
  await expect(
    dialog
      .getByRole('alert')
      .or(dialog.getByText(/wrong|not right|does not fit/i))
      .first(),
  ).toBeVisible()
  const used = await nextCode('root', 'operations')
  await box.fill(used)
  await expect(dialog.getByRole('button', { name: 'I have saved both' })).toBeVisible()
  await revealed(page)
  await dialog.getByRole('button', { name: 'Discard' }).click()
  await page.getByRole('button', { name: 'Regenerate' }).click()
  await dialog.getByLabel('Password', { exact: true }).fill(person('root').password)
  await dialog.getByRole('button', { name: 'Continue' }).click()
  await dialog.getByLabel('Authorization 2FA for operations').fill(used)
  await expect(dialog.getByText('That code was already used.')).toBeVisible()
})
