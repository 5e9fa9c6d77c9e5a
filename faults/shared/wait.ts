export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** Asks again and again until something else than `false` or `null` comes, or throws after `withinMs`. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | false | null> | T | false | null,
  { withinMs = 60_000, everyMs = 20 } = {},
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const found = await ask()
    if (found !== false && found !== null) return found
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`)
    await sleep(everyMs)
  }
}

/**
 * A request that is given up after `withinMs`, whatever becomes of it. Not `AbortSignal.timeout`: its timer keeps
 * nothing alive and can be collected with the signal, and a request whose server was killed then waits for ever.
 * @throws when no whole answer came in time
 */
export function ask(
  url: string,
  { withinMs, ...init }: RequestInit & { withinMs: number },
): Promise<{ status: number; headers: Headers; text: string }> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${url} did not answer within ${withinMs} ms`))
      controller.abort()
    }, withinMs)
  })
  const whole = async () => {
    const answer = await fetch(url, { redirect: 'manual', ...init, signal: controller.signal })
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }
  const asked = whole()
  asked.catch(() => {})
  return Promise.race([asked, late]).finally(() => clearTimeout(timer))
}

/** The status of a GET, or null when nobody answered within `withinMs`. */
export const statusOf = (url: string, withinMs = 1000): Promise<number | null> =>
  ask(url, { withinMs }).then(
    ({ status }) => status,
    () => null,
  )
