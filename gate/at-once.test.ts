import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { apiUser, bearer, startPair, tokenFor } from './testing'

const { base, up } = await startPair({ mostAtOnce: 2 })

test('one credential has so many calls at once and no more; each that ends makes room again', async () => {
  const token = await tokenFor(base, await apiUser())
  const other = await tokenFor(base, await apiUser())
  const call = (by: string) => fetch(`${base}/echo`, { headers: bearer(by) })
  const held: ServerResponse[] = []
  up.answer = (_, res) => void held.push(res)
  for (let round = 0; round < 3; round++) {
    const under = [call(token), call(token)]
    await expect.poll(() => held.length).toBe(2)
    const refused = await call(token)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
    const theirs = call(other)
    await expect.poll(() => held.length).toBe(3)
    for (const res of held.splice(0)) res.end('{}')
    const answers = await Promise.all([...under, theirs])
    expect(await Promise.all(answers.map(async (a) => [a.status, await a.text()]))).toEqual(Array(3).fill([200, '{}']))
  }
})
