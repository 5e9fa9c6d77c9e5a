import { expect, type Page } from '@playwright/test'
import { demo, openApiTab, regenerate, signIn } from './demo'
import { test } from './recording'

/** The secret has one exit, and every way out of the popup forgets it. */
test.use({ permissions: ['clipboard-read', 'clipboard-write'] })

const everything = (page: Page): Promise<string> =>
  page.evaluate(() =>
    JSON.stringify([
      document.documentElement.outerHTML,
      [...document.querySelectorAll('input')].map((i) => i.value),
      { ...localStorage },
      { ...sessionStorage },
      document.cookie,
      location.href,
      history.state,
    ]),
  )

async function open(page: Page) {
  await signIn(page, 'owner')
  await openApiTab(page)
  return regenerate(
    page,
    'owner',
    (await page.getByRole('heading', { name: /^Current pair/ }).count()) ? 'Planned change' : 'First set-up',
  )
}

async function discardLeftover(page: Page) {
  await page.goto(`${demo().consoleUrl}/m/${demo().merchant}/access/api`)
  const discard = page.getByRole('button', { name: 'Discard' })
  if (await discard.count()) {
    await discard.first().click()
    await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click()
  }
}

// CHECKS 50, 53, 54
test('closed: the secret is nowhere in the page, its storage, its history or what it fetched before', async ({
  page,
}) => {
  // Answers to writes pass through here, so that each is read whole; of the others, those the browser still holds.
  const written: string[] = []
  await page.route(
    () => true,
    async (route) => {
      if (route.request().method() !== 'POST') return route.fallback()
      const response = await route.fetch()
      written.push(await response.text())
      await route.fulfill({ response })
    },
  )
  const bodies: Promise<string>[] = []
  page.on('response', (r) => {
    if (r.request().method() !== 'POST') bodies.push(r.text().catch(() => ''))
  })
  const messages: string[] = []
  page.on('console', (m) => messages.push(m.text()))
  const pair = await open(page)
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Show the secret' }).click()
  const secret = dialog.getByLabel('API secret', { exact: true })
  await expect(secret).toHaveText(pair.secret)
  expect(
    await secret.evaluate((e) => [e.tagName, e.closest('[translate=no]') !== null, e.getAttribute('spellcheck')]),
  ).toEqual(['SPAN', true, 'false'])
  await dialog.getByRole('button', { name: 'Discard' }).click()
  await expect(dialog).toBeHidden()
  expect(await everything(page)).not.toContain(pair.secret)
  const before = await Promise.all(bodies.splice(0))
  await page.reload()
  await page.waitForLoadState('networkidle')
  expect(await everything(page)).not.toContain(pair.secret)
  expect(written.filter((text) => text.includes(pair.secret))).toHaveLength(1)
  expect([...before, ...(await Promise.all(bodies))].filter((text) => text.includes(pair.secret))).toEqual([])
  expect(messages.join()).not.toContain(pair.secret)
})

// CHECKS 51
test('client-side navigation and Back: asked first, then gone', async ({ page }) => {
  const pair = await open(page)
  await page.goBack()
  await page.goForward().catch(() => {})
  await page.goto(`${demo().consoleUrl}/m/${demo().merchant}`)
  await page.goBack()
  expect(await everything(page)).not.toContain(pair.secret)
  await discardLeftover(page)
})

// CHECKS 52
test('another site and Back: not restored, even from the browser’s page cache', async ({ page }) => {
  const pair = await open(page)
  await page.goto('data:text/html,elsewhere')
  await page.goBack()
  await page.waitForLoadState()
  expect(await everything(page)).not.toContain(pair.secret)
  await discardLeftover(page)
})

// CHECKS 111
test('Escape, overlay and cross ask once, with the way back focused', async ({ page }) => {
  await signIn(page, 'owner')
  await openApiTab(page)
  await page.getByRole('button', { name: 'Regenerate' }).click()
  const dialog = page.getByRole('dialog')
  const { person, nextCode } = await import('./demo')
  await dialog.getByLabel('Password', { exact: true }).fill(person('owner').password)
  await dialog.getByRole('button', { name: 'Continue' }).click()
  await dialog.getByLabel('Authorization 2FA for operations').fill(await nextCode('owner', 'operations'))
  await expect(dialog.getByRole('button', { name: 'I have saved both' })).toBeVisible()
  for (const leave of [
    () => page.keyboard.press('Escape'),
    () => page.mouse.click(5, 5),
    () => dialog.getByRole('button', { name: 'Close' }).click(),
  ]) {
    await leave()
    const stay = dialog.getByRole('button', { name: 'Keep it open' })
    await expect(stay).toBeFocused()
    await stay.click()
    await expect(dialog.getByRole('button', { name: 'I have saved both' })).toBeVisible()
  }
  await dialog.getByRole('button', { name: 'Discard', exact: true }).click()
  await expect(dialog).toBeHidden()
})

// CHECKS 49
test('acknowledged in one tab: the other shows the masked key and no way to fetch the secret', async ({
  page,
  context,
}) => {
  const pair = await open(page)
  const other = await context.newPage()
  await other.goto(`${demo().consoleUrl}/m/${demo().merchant}/access/api`)
  await page.getByRole('dialog').getByRole('button', { name: 'I have saved both' }).click()
  await expect(page.getByRole('dialog')).toBeHidden()
  await other.reload()
  await expect(other.getByRole('heading', { name: /^Current pair/ })).toBeVisible()
  expect(await everything(other)).not.toContain(pair.secret)
  // An overlap would make later tests wait.
  const end = page.getByRole('button', { name: 'End it now' })
  if (await end.count()) {
    await end.click()
    await page.getByRole('dialog').getByRole('button', { name: 'End it now' }).click()
  }
})

// CHECKS 55
test('a clipboard that refuses: the text is selected and it is said', async ({ page, context }) => {
  await context.clearPermissions()
  await page.addInitScript(() => {
    Object.defineProperty(navigator, 'clipboard', { value: { writeText: () => Promise.reject(new Error('denied')) } })
    document.execCommand = () => false
  })
  await signIn(page, 'owner')
  await openApiTab(page)
  await page.getByRole('button', { name: 'Regenerate' }).click()
  const dialog = page.getByRole('dialog')
  const { person, nextCode } = await import('./demo')
  await dialog.getByLabel('Password', { exact: true }).fill(person('owner').password)
  await dialog.getByRole('button', { name: 'Continue' }).click()
  await dialog.getByLabel('Authorization 2FA for operations').fill(await nextCode('owner', 'operations'))
  await dialog.getByRole('button', { name: 'Copy API secret' }).click()
  await expect.poll(() => page.evaluate(() => getSelection()?.toString() ?? '')).toMatch(/^gts_test_/)
  await expect(
    dialog
      .getByRole('status')
      .filter({ hasText: /selected|copy/i })
      .first(),
  ).toBeVisible()
  await dialog.getByRole('button', { name: 'Discard', exact: true }).click()
})

// CHECKS 120
test('no script of the page can read the id of the session', async ({ page }) => {
  await signIn(page, 'owner')
  expect(await page.evaluate(() => document.cookie)).toBe('')
  const answer = await page.request.get(`${demo().consoleUrl}/api/auth/session`)
  expect(answer.status()).toBe(404)
})
