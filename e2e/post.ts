import type { Page } from '@playwright/test'
import { actionIds } from '@/faults/shared/action-ids'

/** Ids of all server actions, by name. */
export const ids = actionIds()

/** Posts a body to an action the way an attacker does: from a page of ours, past its forms. */
export const postBody = (page: Page, path: string, name: string, body: string, headers: Record<string, string> = {}) =>
  page.evaluate(
    async ([url, id, sent, more]) => {
      const r = await fetch(url, {
        method: 'POST',
        headers: { 'next-action': id, accept: 'text/x-component', 'content-type': 'text/plain;charset=UTF-8', ...more },
        body: sent,
      })
      return { status: r.status, text: await r.text() }
    },
    [path, ids.get(name) ?? name, body, headers] as const,
  )

export const post = (page: Page, path: string, name: string, args: unknown[]) =>
  postBody(page, path, name, JSON.stringify(args))
