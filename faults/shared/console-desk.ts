import { actionIds } from './action-ids'
import type { Desk, Told } from './desk'
import { ask } from './wait'
import type { Person, Shop } from './world'

/** The console as a browser speaks to it: each verb posts its server action, with the cookies it was given. */
export function consoleDesk(consoleUrl: string, shop: Shop): Desk {
  const ids = actionIds()
  const jars = new Map<string, Map<string, string>>()
  const jarOf = (who: Person): Map<string, string> => {
    const jar = jars.get(who.id) ?? new Map<string, string>()
    jars.set(who.id, jar)
    return jar
  }
  const access = `/m/${shop.merchantId}/access/api`

  /** @throws when no answer came, or one that tells nothing of the outcome */
  async function post(who: Person, path: string, action: string, args: unknown[]): Promise<Told> {
    const jar = jarOf(who)
    const answer = await ask(consoleUrl + path, {
      method: 'POST',
      withinMs: 20_000,
      headers: {
        'next-action': ids.get(action) ?? '',
        accept: 'text/x-component',
        'content-type': 'text/plain;charset=UTF-8',
        origin: consoleUrl,
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
      },
      body: JSON.stringify(args),
    })
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value, rest] = /^([^=]+)=([^;]*)(.*)$/.exec(cookie) ?? []
      if (!name) continue
      if (!value || /max-age=0|expires=thu, 01 jan 1970/i.test(rest ?? '')) jar.delete(name)
      else jar.set(name, value)
    }
    const { text } = answer
    if (action === 'signOutAction' && answer.status === 303) return { ok: true, value: null }
    return resultIn(text) ?? fail(`${action}: ${answer.status}`)
  }
  const fail = (what: string): never => {
    throw new Error(what)
  }
  const act = async (who: Person, action: string, ...args: unknown[]): Promise<Told> => {
    const told = await post(who, access, action, [shop.merchantId, ...args])
    if (!told.ok && told.error === 'signed_out') {
      forget(who)
      return { ok: false, error: 'gone' }
    }
    return told
  }
  const forget = (who: Person) => {
    const jar = jarOf(who)
    for (const name of jar.keys()) if (name.endsWith('session')) jar.delete(name)
  }

  return {
    isSignedIn: (who) => [...jarOf(who).keys()].some((name) => name.endsWith('session')),
    signIn: (who, code) =>
      post(who, '/sign-in', 'signInAction', [{ email: who.email, password: who.password, code }, '/']),
    async signOut(who) {
      const told = await post(who, access, 'signOutAction', [])
      forget(who)
      return told
    },
    openTicket: (who, given) => act(who, 'openTicketAction', given),
    regenerate: (who, given) => act(who, 'regenerateAction', given),
    acknowledge: (who, generationId) => act(who, 'acknowledgeAction', { generationId }),
    discard: (who, generationId) => act(who, 'discardAction', { generationId }),
    endOverlap: (who) => act(who, 'endOverlapAction'),
    shortenOverlap: (who, lasts) => act(who, 'shortenOverlapAction', { lasts }),
    switchOff: (who) => act(who, 'switchOffAction'),
    switchOn: (who, proven) => act(who, 'switchOnAction', proven),
    allowMoneyOut: (who, proven) => act(who, 'allowMoneyOutAction', proven),
    forbidMoneyOut: (who) => act(who, 'forbidMoneyOutAction'),
    changeWhitelist: (who, given) => act(who, 'changeWhitelistAction', given),
    turnWhitelist: (who, state, given) =>
      act(who, state === 'on' ? 'turnWhitelistOnAction' : 'turnWhitelistOffAction', given),
  }
}

/** The rows of the answer are `id:JSON`; what the action returned is the one with `ok`. */
function resultIn(text: string): Told | null {
  for (const line of text.split('\n')) {
    const json = /^[0-9a-f]+:(\{"ok":.*\})$/.exec(line)?.[1]
    if (json) return JSON.parse(json) as Told
  }
  return null
}
