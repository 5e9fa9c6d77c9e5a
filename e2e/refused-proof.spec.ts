import { expect } from '@playwright/test'
import { sql } from 'drizzle-orm'
import { call, db, demo, openApiTab, proveWithCode, regenerate, signIn, token } from './demo'
import { test } from './recording'

test.use({ permissions: ['clipboard-read', 'clipboard-write'] })

test('a refused call of the new pair appears in its popup with the cure; Add it mends it without leaving the secret', async ({
  page,
}) => {
  // On, without this machine's address; whatever earlier tests left.
  const own = sql`merchant_id = ${demo().merchant}`
  await db().execute(sql`update credential set state = 'active' where ${own} and kind = 'api_user'`)
  await db().execute(sql`update whitelist set state = 'on' where ${own} and credential_id is not null`)
  await db().execute(sql`update whitelist_entry set removed_at = now() where ${own} and range in ('127.0.0.1', '::1')`)

  await signIn(page, 'owner')
  await openApiTab(page)
  const hasPair = await page.getByRole('heading', { name: /^Current pair/ }).count()
  const pair = await regenerate(page, 'owner', hasPair ? 'Planned change' : 'First set-up')
  const dialog = page.getByRole('dialog')
  await expect(async () => expect((await token(pair)).status).toBe(403)).toPass({ timeout: 3_000 })
  await expect(dialog.getByText('A call was refused')).toBeVisible({ timeout: 10_000 })
  await expect(dialog.getByText('The secret was right; 127.0.0.1 is not on the whitelist.')).toBeVisible()

  await dialog.getByRole('button', { name: 'Add it' }).click()
  await proveWithCode(page, 'owner')
  await expect(dialog.getByText('127.0.0.1 is on the whitelist. Call again.')).toBeVisible()
  await expect(dialog.getByLabel('API key', { exact: true })).toHaveText(pair.key)

  await expect(async () => expect((await token(pair)).status).toBe(200)).toPass({ timeout: 3_000 })
  await expect(dialog.getByText('First call seen from')).toBeVisible({ timeout: 10_000 })
  // A refused call marked nothing: the pair was pending until this one, and money does not move with it.
  const access = ((await (await token(pair)).json()) as { data: { attributes: { access: string } } }).data.attributes
  expect((await call('/payouts', access.access, { method: 'POST', body: '{}' })).status).toBe(403)
  await dialog.getByRole('button', { name: 'Discard', exact: true }).click()
  await expect(dialog).toBeHidden()
})
