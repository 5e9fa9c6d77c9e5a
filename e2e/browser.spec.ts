import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'
import { demo, nextCode, openApiTab, person, signIn } from './demo'
import { test } from './recording'

const pages = ['', '/access/staff', '/access/api', '/activity', '/profile']
const base = () => `${demo().consoleUrl}/m/${demo().merchant}`

const violations = (page: Page): string[] => {
  const found: string[] = []
  page.on('console', (m) => {
    if (m.type() === 'error') found.push(m.text())
  })
  page.on('pageerror', (e) => found.push(e.message))
  return found
}

// CHECKS 104
test('no page violates the policy or logs an error, and each answer has its own nonce', async ({ page }) => {
  const found = violations(page)
  const nonces = new Set<string>()
  page.on('response', (r) => {
    const nonce = /'nonce-([^']+)'/.exec(r.headers()['content-security-policy'] ?? '')?.[1]
    if (nonce && r.request().isNavigationRequest()) nonces.add(nonce)
  })
  await signIn(page, 'root')
  for (const path of pages) {
    const answer = await page.goto(base() + path)
    expect(answer?.headers()['content-security-policy']).not.toMatch(/script-src[^;]*unsafe-inline/)
    await page.waitForLoadState('networkidle')
  }
  expect(found).toEqual([])
  expect(nonces.size).toBeGreaterThanOrEqual(pages.length)
})

for (const colorScheme of ['light', 'dark'] as const) {
  for (const viewport of [
    { width: 1440, height: 900 },
    { width: 390, height: 844 },
  ]) {
    // CHECKS 111
    test(`axe finds nothing: ${colorScheme}, ${viewport.width}`, async ({ browser }) => {
      const context = await browser.newContext({ colorScheme, viewport })
      const page = await context.newPage()
      const clean = async (what: string) => {
        const { violations: found } = await new AxeBuilder({ page })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'])
          .analyze()
        expect(found.map((v) => `${what}: ${v.id} ${v.nodes.map((n) => n.target).join(' ')}`)).toEqual([])
      }
      await page.goto(`${demo().consoleUrl}/sign-in`)
      await clean('sign-in')
      await signIn(page, 'owner')
      for (const path of pages) {
        await page.goto(base() + path)
        await page.waitForLoadState('networkidle')
        await clean(path)
        expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth + 1)).toBe(true)
      }
      await page.goto(`${base()}/access/api`)
      await page.getByRole('button', { name: 'Edit Whitelist IP access' }).click()
      await clean('whitelist editor')
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Regenerate' }).click()
      await page.waitForTimeout(300)
      await clean('password step')
      await page.getByRole('dialog').getByLabel('Password', { exact: true }).fill(person('owner').password)
      await page.getByRole('dialog').getByRole('button', { name: 'Continue' }).click()
      await expect(page.getByLabel('Authorization 2FA for operations')).toBeVisible()
      await clean('code step')
      await page.getByLabel('Authorization 2FA for operations').fill(await nextCode('owner', 'operations'))
      await expect(page.getByRole('button', { name: 'I have saved both' })).toBeVisible()
      await page.waitForTimeout(600)
      await clean('reveal')
      await page.getByRole('dialog').getByRole('button', { name: 'Discard', exact: true }).click()
      await expect(page.getByRole('dialog')).toBeHidden()
      await context.close()
    })
  }
}

// CHECKS 111
test('the whole job by keyboard: focus goes into the dialog and back to its button', async ({ page }) => {
  await signIn(page, 'owner')
  await openApiTab(page)
  const button = page.getByRole('button', { name: 'Regenerate' })
  await button.focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toBeVisible()
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press('Tab')
    expect(
      await page.evaluate(
        () =>
          document.querySelector('dialog')?.contains(document.activeElement) ||
          document.activeElement === document.body,
      ),
    ).toBe(true)
  }
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
  await expect(button).toBeFocused()
})

// CHECKS 33
test('cookies: __Host-, Secure, HttpOnly, Lax, small', async ({ page, context }) => {
  await signIn(page, 'owner')
  const cookies = await context.cookies()
  expect(cookies.length).toBeGreaterThanOrEqual(2)
  for (const c of cookies) {
    expect(c).toMatchObject({
      name: expect.stringMatching(/^__Host-/),
      secure: true,
      httpOnly: true,
      sameSite: 'Lax',
      path: '/',
    })
    expect(c.value.length).toBeLessThan(4096)
  }
})

// CHECKS 25, 26
test('a cookie from before the sign-in, and one copied before the sign-out, open nothing', async ({
  page,
  context,
  browser,
}) => {
  const { hostname } = new URL(demo().consoleUrl)
  await context.addCookies([{ name: 'gatehouse-session', value: 'planted', domain: hostname, path: '/' }])
  await signIn(page, 'owner')
  const copied = (await context.cookies()).filter((c) => c.name === '__Host-gatehouse-session')
  expect(copied[0]?.value).not.toBe('planted')
  await page.getByRole('button', { name: /^Account menu/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible()
  const thief = await browser.newContext()
  await thief.addCookies(copied)
  const stolen = await thief.newPage()
  await stolen.goto(`${base()}/access/api`)
  await expect(stolen.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible()
  const proof = await stolen.request.get(
    `${demo().consoleUrl}/api/console/m/${demo().merchant}/proof/019a0000-0000-7000-8000-000000000000`,
  )
  expect(proof.status()).toBe(401)
  await thief.close()
})

// CHECKS 34
test('after the sign-out nothing comes back: Back, Forward, a new tab, what the browser kept', async ({
  page,
  context,
}) => {
  await signIn(page, 'owner')
  await openApiTab(page)
  await page.evaluate(() => sessionStorage.setItem('kept', 'x'))
  await page.getByRole('button', { name: /^Account menu/ }).click()
  const answered = page.waitForResponse((r) => r.url().includes('/sign-in?signed-out=1'))
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  expect((await (await answered).allHeaders())['clear-site-data']).toBe('"cache", "storage"')
  await expect(page.getByText('You are signed out')).toBeVisible()
  expect(await page.evaluate(() => sessionStorage.getItem('kept'))).toBeNull()
  for (const go of ['goBack', 'goBack', 'goForward', 'reload'] as const) {
    await page[go]()
    await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible()
    await expect(page.getByText('Your API access credentials')).toHaveCount(0)
  }
  const tab = await context.newPage()
  await tab.goto(`${base()}/access/api`)
  await expect(tab.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible()
})

// CHECKS 105
test('after the sign-in one lands on our own pages, whatever was asked for', async ({ page }) => {
  for (const next of [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example/m/x',
    'javascript:alert(1)',
    '/m/x%0d%0aSet-Cookie:a=b',
  ]) {
    await page.context().clearCookies()
    await page.goto(`${demo().consoleUrl}/sign-in?next=${encodeURIComponent(next)}`)
    await page.getByLabel('E-mail').fill(person('member').email)
    await page.getByLabel('Password', { exact: true }).fill(person('member').password)
    await page.getByLabel('Sign-in 2FA code').fill(await nextCode('member', 'sign_in'))
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await expect(page).toHaveURL(base())
  }
})

test('a refused sign-in keeps the e-mail and says the same for everything that can be wrong', async ({ page }) => {
  const said: string[] = []
  for (const [email, password] of [
    ['nobody@harbour-vale.example', 'whatever it may be'],
    [person('member').email, 'whatever it may be'],
  ] as const) {
    await page.goto(`${demo().consoleUrl}/sign-in`)
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByLabel('Sign-in 2FA code').fill('123456')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    const alert = page.getByRole('alert').filter({ hasText: /\S/ })
    await expect(alert).toBeVisible()
    said.push((await alert.textContent()) ?? '')
    await expect(page.getByLabel('E-mail')).toHaveValue(email)
    await expect(page.getByLabel('Password', { exact: true })).toHaveValue('')
  }
  expect(said[0]).toBe(said[1])
})
