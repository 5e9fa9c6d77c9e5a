import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BrowserContext, test as base, type Page } from '@playwright/test'

/**
 * With E2E_RECORD, the path of a directory, everything a page holds while no popup is open, says or asks for is written
 * there for the sweep for secrets (`npm run faults -- secrets`). Without it this is Playwright's own `test`.
 */
export const recordDir = process.env['E2E_RECORD'] || null

/** One thing that a browser held or said. `label` and `where` as in faults/secrets/place.ts. */
export type Noted = { label: string; where: string; text: string }

export function note(label: string, where: string, text: string): void {
  if (recordDir) appendFileSync(join(recordDir, 'browser.jsonl'), `${JSON.stringify({ label, where, text })}\n`)
}

const recorded = base.extend<{ recorded: undefined }>({
  recorded: [
    async ({ browser, context }, use) => {
      browser.on('context', watch)
      watch(context)
      await use(undefined)
      await Promise.all(browser.contexts().flatMap((each) => each.pages().map(keptBy)))
      browser.off('context', watch)
    },
    { auto: true },
  ],
})

export const test: typeof base = recordDir ? (recorded as unknown as typeof base) : base

const watched = new WeakSet<BrowserContext>()

/** Notes what every page of a context says and asks for, and what stands in it while no popup is open. */
export function watch(context: BrowserContext): void {
  if (watched.has(context)) return
  watched.add(context)
  const seen = new Set<string>()
  const once = (label: string, where: string, text: string) => {
    const whole = `${label} ${text}`
    if (!seen.has(whole)) note(label, where, text)
    seen.add(whole)
  }
  context.on('console', (message) => note('page console', message.page()?.url() ?? '', message.text()))
  context.on('weberror', (error) => note('page error', '', String(error.error().stack ?? error.error())))
  context.on('request', (request) => once('page address', request.frame().url(), request.url()))
  const watchPage = (page: Page) => {
    page.on('download', async (download) => {
      const stream = await download.createReadStream()
      for await (const chunk of stream) note('page download', download.url(), String(chunk))
    })
    page.on('framenavigated', (frame) => once('page address', '', frame.url()))
  }
  context.on('page', watchPage)
  context.pages().forEach(watchPage)
  void context
    .exposeBinding('gatehouseSeen', ({ frame }, label: string, text: string) => once(label, frame.url(), text))
    .then(() => context.addInitScript(lookWhileClosed))
    .catch(() => {})
}

/**
 * Runs in the page: tells what it holds, at every change while no popup is open, and when it is left. What somebody has
 * typed into a field and not yet sent is told by the field's name; what is in a field when the page comes back is not.
 */
function lookWhileClosed(): void {
  const say = (label: string, text: string) =>
    (window as unknown as { gatehouseSeen: (label: string, text: string) => void }).gatehouseSeen(label, text)
  const tell = (fields: string) => {
    if (!document.documentElement || document.querySelector('dialog[open]')) return
    for (const field of document.querySelectorAll('input, textarea')) {
      const { name, value } = field as HTMLInputElement
      if (value) say(`page field ${fields || name}`, value)
    }
    const stored = [{ ...localStorage }, { ...sessionStorage }, document.cookie]
    say('page', JSON.stringify([document.documentElement.outerHTML, ...stored, history.state]))
    say('page address', location.href)
  }
  let due = false
  const soon = () => {
    if (due) return
    due = true
    setTimeout(() => {
      due = false
      tell('')
    }, 100)
  }
  new MutationObserver(soon).observe(document, {
    subtree: true,
    childList: true,
    attributes: true,
    characterData: true,
  })
  addEventListener('pageshow', () => tell('restored'))
  addEventListener('pagehide', () => tell(''))
}

/** What a page keeps beyond its document: its databases, caches and workers, and the state of its forms. */
export async function keptBy(page: Page): Promise<void> {
  const kept = await page
    .evaluate(async () => {
      const databases = (await indexedDB.databases()).map(({ name }) => name)
      const cacheNames = await caches.keys()
      const workers = await navigator.serviceWorker.getRegistrations()
      return JSON.stringify({
        databases,
        cacheNames,
        workers: workers.length,
        entries: performance.getEntries().length,
      })
    })
    .catch(() => null)
  if (kept === null) return
  note('page storage', page.url(), kept)
  const { databases, cacheNames, workers } = JSON.parse(kept) as { databases: []; cacheNames: []; workers: number }
  note('page keeps', page.url(), String(databases.length + cacheNames.length + workers))
}
