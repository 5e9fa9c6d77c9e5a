import { domainToASCII } from 'node:url'

/**
 * One address in the form it is stored and compared in: NFKC, lower case, the domain in ASCII.
 * Null for anything that is not exactly one plain address (no quotes, no display name, no second `@`).
 */
export function normaliseEmail(text: string): string | null {
  const match = /^([a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64})@([^@\s]{1,253})$/.exec(
    text.normalize('NFKC').trim().toLowerCase(),
  )
  if (!match?.[1] || !match[2]) return null
  const domain = domainToASCII(match[2])
  return domain.length <= 253 && HOST_NAME.test(domain) ? `${match[1]}@${domain}` : null
}

/** Two labels or more, the last one no number: `127.1` would be an address of a machine, `a.example.` a second name. */
const HOST_NAME = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
