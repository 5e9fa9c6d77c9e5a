import { expect, type Page } from '@playwright/test'
import { sql } from 'drizzle-orm'
import { currentCode } from '@/lib/secrets/totp'
import { db, demo, nextCode, openApiTab, person, proveWithCode, signIn } from './demo'
import { test } from './recording'

const profile = async (page: Page) => {
  await page.getByRole('button', { name: /^Account menu/ }).click()
  await page.getByRole('menuitem', { name: 'Profile and security' }).click()
  await expect(page.getByRole('heading', { name: 'Profile and security' })).toBeVisible()
}

// CHECKS 17, 18, 29
test('replacing Sign-in 2FA: password and current code, key shown once, other sessions end, the new phone signs in', async ({
  page,
  browser,
}) => {
  const who = person('member')
  const elsewhere = await browser.newContext()
  const other = await elsewhere.newPage()
  await signIn(other, 'member')
  await signIn(page, 'member')
  await profile(page)
  await page.getByRole('button', { name: 'Replace Sign-in 2FA' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Current password').fill('not the password')
  await dialog.getByLabel('Sign-in 2FA code').fill(await nextCode('member', 'sign_in'))
  await dialog.getByRole('button', { name: 'Continue' }).click()
  await expect(dialog.getByText('That is not your password.')).toBeVisible()
  await dialog.getByLabel('Current password').fill(who.password)
  await dialog.getByLabel('Sign-in 2FA code').fill(await nextCode('member', 'sign_in'))
  await dialog.getByRole('button', { name: 'Continue' }).click()
  await expect(dialog.getByRole('img', { name: /QR code/ })).toBeVisible()
  const seed = ((await dialog.locator('text=/^([A-Z2-7]{4} ?){8}$/').first().textContent()) ?? '').replace(/\s/g, '')
  expect(seed).toMatch(/^[A-Z2-7]{32}$/)
  await dialog.getByLabel('Code from the new entry').fill(currentCode(seed, await now()))
  const finish = dialog.getByRole('button', { name: 'Finish' })
  await finish.click({ timeout: 2_000 }).catch(() => {})
  await expect(dialog).toBeHidden()
  await expect(page.locator('body')).not.toContainText(seed)

  await other.reload()
  await expect(other.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible()
  await elsewhere.close()
  who.signInTotp = seed
  await page.context().clearCookies()
  await signIn(page, 'member')
})

// CHECKS 26
test('a session can be ended from another browser', async ({ page, browser }) => {
  const elsewhere = await browser.newContext()
  const other = await elsewhere.newPage()
  await signIn(other, 'admin')
  await signIn(page, 'admin')
  await profile(page)
  await expect(page.getByText('This session')).toHaveCount(1)
  await page
    .getByRole('button', { name: /^End the session of/ })
    .first()
    .click()
  const confirm = page.getByRole('dialog').getByRole('button', { name: /^End/ })
  if (await confirm.isVisible().catch(() => false)) await confirm.click()
  await expect(async () => {
    await other.goto(`${demo().consoleUrl}/m/${demo().merchant}`)
    await expect(other.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible({ timeout: 1_000 })
  }).toPass({ timeout: 8_000 })
  await elsewhere.close()
})

test('a pending merchant’s pages say what they wait for, and nothing can be generated', async ({ page }) => {
  const set = (state: string) => db().execute(sql`update merchant set state = ${state} where id = ${demo().merchant}`)
  await set('pending')
  try {
    await signIn(page, 'owner')
    await openApiTab(page)
    await expect(page.getByText('Waiting for activation').first()).toBeVisible()
    const regenerate = page.getByRole('button', { name: 'Regenerate' })
    expect((await regenerate.count()) === 0 || (await regenerate.isDisabled())).toBe(true)
  } finally {
    await set('active')
  }
})

test('two editors of the whitelist lose nothing: the second sees the first one’s entry under the own draft', async ({
  page,
  browser,
}) => {
  const edit = async (p: Page, entry: string) => {
    await p.getByRole('button', { name: 'Edit Whitelist IP access' }).click()
    await p.getByRole('textbox', { name: /add an address or range/ }).fill(entry)
    await p.keyboard.press('Enter')
  }
  const elsewhere = await browser.newContext()
  const other = await elsewhere.newPage()
  await signIn(page, 'owner')
  await openApiTab(page)
  await edit(page, '203.0.113.200')
  await signIn(other, 'admin')
  await openApiTab(other)
  await edit(other, '203.0.113.100')
  await other.getByRole('button', { name: /^Apply/ }).click()
  await proveWithCode(other, 'admin')
  await expect(other.getByRole('dialog')).toBeHidden()
  await elsewhere.close()

  await page.getByRole('button', { name: /^Apply/ }).click()
  await proveWithCode(page, 'owner')
  await expect(page.getByText('Somebody else saved meanwhile.')).toBeVisible()
  await expect(page.getByText('203.0.113.100').first()).toBeVisible()
  await expect(page.getByText('203.0.113.200').first()).toBeVisible()
  await page.getByRole('button', { name: /^Apply/ }).click()
  await proveWithCode(page, 'owner')
  await expect(page.getByRole('dialog')).toBeHidden()
  await page.reload()
  await expect(page.getByText('203.0.113.100').first()).toBeVisible()
  await expect(page.getByText('203.0.113.200').first()).toBeVisible()
})

// CHECKS 112
test('bad entries keep what was typed, each with its reason', async ({ page }) => {
  await signIn(page, 'admin')
  await openApiTab(page)
  await page.getByRole('button', { name: 'Edit Whitelist IP access' }).click()
  const box = page.getByRole('textbox', { name: /add an address or range/ })
  await box.fill('203.0.113.7/24, 10.1, <script>alert(1)</script>, 0.0.0.0/0')
  await page.keyboard.press('Enter')
  await expect(page.getByText('10.1').first()).toBeVisible()
  await expect(page.getByText('<script>alert(1)</script>').first()).toBeVisible()
  await expect(page.getByText(/203\.0\.113\.0\/24/).first()).toBeVisible()
})

test('what happened was mailed to Root and Owner, and Activity tells it', async ({ page }) => {
  const mails = await (await fetch(demo().mailUrl)).text()
  expect(mails).toContain(person('owner').email)
  expect(mails).not.toMatch(/gts_(test|live)_/)
  await signIn(page, 'owner')
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Activity' }).click()
  await expect(page.getByRole('row').nth(1)).toBeVisible()
  await expect(page.getByRole('main')).toContainText('Wei-Lin Okonkwo-Petersen')
})

async function now(): Promise<Date> {
  const { rows } = await db().execute<{ ms: number }>(
    sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 + coalesce((select shift_ms from clock_shift), 0) as ms`,
  )
  return new Date(Number(rows[0]?.ms))
}
