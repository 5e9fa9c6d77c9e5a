import { execFileSync } from 'node:child_process'
import { expect, type Page } from '@playwright/test'
import { sql } from 'drizzle-orm'
import { connect, type Db } from '@/db/client'
import { currentCode } from '@/lib/secrets/totp'

/** What a script knows that knows only the demo's own words: addresses, people, seeds (CONTRACTS section 6). */
export type Demo = {
  consoleUrl: string
  gateUrl: string
  internalUrl: string
  gatewayToken: string
  mailUrl: string
  merchant: string
  people: { role: Role; email: string; password: string; signInTotp: string; operationsTotp: string }[]
}
export type Role = 'root' | 'owner' | 'admin' | 'member'

let known: Demo | undefined
export function demo(): Demo {
  known ??= JSON.parse(
    execFileSync('npm', ['run', '--silent', 'demo:people', '--', '--json'], { encoding: 'utf8' }),
  ) as Demo
  return known
}

export const person = (role: Role) => {
  const found = demo().people.find((p) => p.role === role)
  if (!found) throw new Error(`the demo has no ${role}`)
  return found
}

/** Another running demo than the one of the run: until it is called with null. */
export function use(other: { demo: Demo; db: Db } | null): void {
  known = other?.demo
  database = other?.db
}

let database: Db | undefined
export function db(): Db {
  const url = process.env['E2E_DATABASE_URL']
  if (!url) throw new Error('E2E_DATABASE_URL is missing: run through npm test or npm run e2e')
  database ??= connect(url, { max: 2 })
  return database
}

/**
 * The next code of a person's generator. Codes work once, so the demo's clock is moved one step on instead of waiting
 * half a minute; the console reads it anew each second.
 */
export async function nextCode(role: Role, purpose: 'sign_in' | 'operations'): Promise<string> {
  await advance(30_000)
  const { rows } = await db().execute<{ ms: number }>(
    sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 + (select shift_ms from clock_shift) as ms`,
  )
  const who = person(role)
  return currentCode(purpose === 'sign_in' ? who.signInTotp : who.operationsTotp, new Date(Number(rows[0]?.ms)))
}

/** Moves the demo's clock and waits until every program has read it. */
export async function advance(ms: number): Promise<void> {
  await db().execute(sql`insert into clock_shift (id, shift_ms) values (1, ${ms})
    on conflict (id) do update set shift_ms = clock_shift.shift_ms + ${ms}`)
  await new Promise((resolve) => setTimeout(resolve, 1_300))
}

export async function signIn(page: Page, role: Role, path = '/'): Promise<void> {
  await page.goto(`${demo().consoleUrl}/sign-in${path === '/' ? '' : `?next=${encodeURIComponent(path)}`}`)
  await page.getByLabel('E-mail').fill(person(role).email)
  await page.getByLabel('Password', { exact: true }).fill(person(role).password)
  await page.getByLabel('Sign-in 2FA code').fill(await nextCode(role, 'sign_in'))
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByRole('button', { name: /^Account menu/ })).toBeVisible()
}

/** User icon, Access list, tab API: the way the vendor's page describes it. */
export async function openApiTab(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Account menu/ }).click()
  await page.getByRole('menuitem', { name: 'Access list' }).click()
  await page.getByRole('navigation', { name: 'Access list' }).getByRole('link', { name: 'API', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'Your API access credentials' })).toBeVisible()
}

/** Password, then code, in the dialog that is open. */
export async function proveWithPassword(page: Page, role: Role): Promise<void> {
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Password', { exact: true }).fill(person(role).password)
  await dialog.getByRole('button', { name: 'Continue' }).click()
  await proveWithCode(page, role)
}

export async function proveWithCode(page: Page, role: Role): Promise<void> {
  await page
    .getByRole('dialog')
    .getByLabel('Authorization 2FA for operations')
    .fill(await nextCode(role, 'operations'))
}

export async function regenerate(
  page: Page,
  role: Role,
  reason = 'First set-up',
): Promise<{ key: string; secret: string }> {
  await page.getByRole('button', { name: 'Regenerate' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('radio', { name: reason }).check()
  await proveWithPassword(page, role)
  await expect(dialog.getByRole('button', { name: 'I have saved both' })).toBeVisible()
  return revealed(page)
}

/** The two values of the open popup, through the clipboard as a person takes them. */
export async function revealed(page: Page): Promise<{ key: string; secret: string }> {
  const copy = async (name: string) => {
    await page.getByRole('dialog').getByRole('button', { name, exact: true }).click()
    return page.evaluate(() => navigator.clipboard.readText())
  }
  return { key: await copy('Copy API key'), secret: await copy('Copy API secret') }
}

export async function token(pair: { key: string; secret: string }, init: RequestInit = {}): Promise<Response> {
  return fetch(`${demo().gateUrl}/token/`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.api+json' },
    body: JSON.stringify({
      data: { type: 'auth-token', attributes: { client_id: pair.key, client_secret: pair.secret } },
    }),
    ...init,
  })
}

export async function access(pair: { key: string; secret: string }): Promise<string> {
  const response = await token(pair)
  const body = (await response.json()) as { data: { attributes: { access: string } } }
  return body.data.attributes.access
}

export const call = (path: string, bearer: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${demo().gateUrl}${path}`, { ...init, headers: { authorization: `Bearer ${bearer}`, ...init.headers } })
