import { expect } from '@playwright/test'
import { demo, openApiTab, signIn } from './demo'
import { test } from './recording'

// CHECKS 36, 40
test('an admin sees the API tab, may edit the whitelist, and may neither generate nor switch', async ({ page }) => {
  await signIn(page, 'admin')
  await openApiTab(page)
  await expect(page.getByRole('button', { name: 'Edit Whitelist IP access' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Regenerate' })).toHaveCount(0)
  await expect(page.getByRole('switch', { name: 'Activate API user' })).toBeDisabled()
})

test('a member has no Access list in the menu and none at its address', async ({ page }) => {
  await signIn(page, 'member')
  await page.getByRole('button', { name: /^Account menu/ }).click()
  await expect(page.getByRole('menuitem', { name: 'Profile and security' })).toBeVisible()
  await expect(page.getByRole('menuitem', { name: 'Access list' })).toHaveCount(0)
  for (const tab of ['api', 'staff']) {
    await page.goto(`${demo().consoleUrl}/m/${demo().merchant}/access/${tab}`)
    await expect(page.locator('body')).toContainText(/Root|Owner/)
    await expect(page.locator('body')).not.toContainText('gtk_')
    await expect(page.getByRole('heading', { name: 'Your API access credentials' })).toHaveCount(0)
  }
  await page.goto(`${demo().consoleUrl}/m/${demo().merchant}/activity`)
  await expect(page.getByRole('table')).toHaveCount(0)
})

test('root sees everything an owner sees, staff and the table of who may do what', async ({ page }) => {
  await signIn(page, 'root')
  await openApiTab(page)
  await page.getByRole('navigation', { name: 'Access list' }).getByRole('link', { name: 'Staff' }).click()
  for (const name of ['Ingrid Solheim-Brandvold', 'Tomás Ferreira de Albuquerque', 'Priya Raghunathan']) {
    await expect(page.getByRole('main').getByText(name).first()).toBeVisible()
  }
  await expect(page.getByText('Who may do what')).toBeVisible()
})

// CHECKS 35
test('another merchant does not exist', async ({ page }) => {
  await signIn(page, 'owner')
  for (const path of ['', '/access/api', '/access/staff', '/activity']) {
    const answer = await page.goto(`${demo().consoleUrl}/m/brightwater${path}`)
    expect(answer?.status()).toBe(404)
  }
  const proof = await page.request.get(
    `${demo().consoleUrl}/api/console/m/brightwater/proof/019a0000-0000-7000-8000-000000000000`,
  )
  expect(proof.status()).toBe(404)
})

// CHECKS 42
test('nobody signed in: every page leads to the sign-in, whatever headers are sent', async ({ request, page }) => {
  for (const headers of [
    {},
    { 'x-middleware-subrequest': 'proxy:proxy:proxy:proxy:proxy' },
    { 'next-router-prefetch': '1', rsc: '1' },
    { 'x-forwarded-host': 'evil.example' },
  ]) {
    const answer = await request.get(`${demo().consoleUrl}/m/${demo().merchant}/access/api`, {
      headers,
      maxRedirects: 0,
    })
    expect(await answer.text()).not.toMatch(/gtk_|Manage API access/)
  }
  await page.goto(`${demo().consoleUrl}/m/${demo().merchant}/access/api`)
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible()
})
