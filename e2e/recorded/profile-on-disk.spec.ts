import { join } from 'node:path'
import { chromium, expect, type Page } from '@playwright/test'
import { sql } from 'drizzle-orm'
import { currentCode } from '@/lib/secrets/totp'
import { db, demo, nextCode, openApiTab, person, regenerate, signIn } from '../demo'
import { keptBy, recordDir, test, watch } from '../recording'

/** A browser as a person has one, with a profile on disk: what it wrote there is searched after it is closed. */
test('an owner reveals, leaves, comes back; an admin replaces 2FA and password; the browser is closed', async () => {
  test.setTimeout(180_000)
  const { launchOptions, userAgent } = test.info().project.use
  const context = await chromium.launchPersistentContext(join(recordDir ?? '', 'profile'), {
    ...launchOptions,
    ...(userAgent && { userAgent }),
    acceptDownloads: true,
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  watch(context)
  const page = await context.newPage()
  await signIn(page, 'owner')
  await openApiTab(page)
  await regenerate(page, 'owner', (await hasPair(page)) ? 'Planned change' : 'First set-up')
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Show the secret' }).click()
  await dialog.getByRole('button', { name: 'I have saved both' }).click()
  await expect(dialog).toBeHidden()
  const end = page.getByRole('button', { name: 'End it now' })
  if (await end.count()) {
    await end.click()
    await dialog.getByRole('button', { name: 'End it now' }).click()
    await expect(dialog).toBeHidden()
  }
  // Left with the popup open, by its address, and come back.
  await regenerate(page, 'owner', 'Planned change')
  await dialog.getByRole('button', { name: 'Show the secret' }).click()
  await page.goto('data:text/html,elsewhere')
  await page.goBack()
  await page.waitForLoadState()
  await keptBy(page)
  // A crashed tab with the popup open, whose discarded pair is given up.
  const crashing = await context.newPage()
  await crashing.goto(`${demo().consoleUrl}/m/${demo().merchant}/access/api`)
  const discard = crashing.getByRole('button', { name: 'Discard' })
  if (await discard.count()) {
    await discard.first().click()
    await crashing.getByRole('dialog').getByRole('button', { name: 'Discard' }).click()
    await expect(crashing.getByRole('dialog')).toBeHidden()
  }
  await regenerate(crashing, 'owner', 'Planned change')
  await crashing.getByRole('dialog').getByRole('button', { name: 'Show the secret' }).click()
  await crashing.goto('chrome://crash').catch(() => {})
  await page.bringToFront()

  await context.clearCookies()
  await signIn(page, 'admin')
  await page.getByRole('button', { name: /^Account menu/ }).click()
  await page.getByRole('menuitem', { name: 'Profile and security' }).click()
  await page.getByRole('button', { name: 'Replace Authorization 2FA for operations' }).click()
  await dialog.getByLabel('Current password').fill(person('admin').password)
  await dialog.getByLabel('Authorization 2FA for operations code').fill(await nextCode('admin', 'operations'))
  await dialog.getByRole('button', { name: 'Continue' }).click()
  await expect(dialog.getByRole('img', { name: /QR code/ })).toBeVisible()
  const shown = (await dialog.locator('text=/^([A-Z2-7]{4} ?){8}$/').first().textContent()) ?? ''
  const { rows } = await db().execute<{ ms: number }>(
    sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 + coalesce((select shift_ms from clock_shift), 0) as ms`,
  )
  const code = currentCode(shown.replace(/\s/g, ''), new Date(Number(rows[0]?.ms)))
  await dialog.getByLabel('Code from the new entry').fill(code)
  await dialog
    .getByRole('button', { name: 'Finish' })
    .click({ timeout: 2_000 })
    .catch(() => {})
  await expect(dialog).toBeHidden()

  await page.getByRole('button', { name: 'Change password' }).click()
  const fields = dialog.locator('input')
  await fields.nth(0).fill(person('admin').password)
  await fields.nth(1).fill(await nextCode('admin', 'sign_in'))
  await fields.nth(2).fill('plum otter bridge evening canvas')
  await dialog.getByRole('button', { name: 'Change password' }).click()
  await expect(dialog).toBeHidden()
  person('admin').password = 'plum otter bridge evening canvas'
  await keptBy(page)
  await context.close()
})

const hasPair = async (page: Page) => (await page.getByRole('heading', { name: /^Current pair/ }).count()) > 0
