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

/** The status of a GET, or null when nobody answered within `withinMs`. */
export async function statusOf(url: string, withinMs = 1000): Promise<number | null> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(withinMs), redirect: 'manual' })
    await answer.arrayBuffer()
    return answer.status
  } catch {
    return null
  }
}
