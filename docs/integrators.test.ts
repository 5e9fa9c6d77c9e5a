import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { everyRefusal, upstreamFailures } from '@/lib/gatekeeping/dialect'
import { identifier } from '@/lib/gatekeeping/identity'
import type { GateRecord } from '@/lib/gatekeeping/record'

const text = readFileSync('docs/integrators.md', 'utf8')

describe('what integrators read', () => {
  it('lists every refusal the gate can give, in its words', () => {
    const row = (at: string, { status, code, detail }: { status: number; code: string; detail: string }): string =>
      `| ${at} | ${status} | \`${code}\` | ${detail} |`
    const rows = Object.entries(everyRefusal).flatMap(([at, answers]) =>
      Object.entries(answers)
        .filter(([answer]) => answer !== 'right' || at === 'any call')
        .map(([, told]) => row(at, told)),
    )
    const behind = Object.values(upstreamFailures).map((told) => row('any call', told))
    const table = /<!-- refusals -->\n.*\n.*\n([\s\S]*)\n<!-- \/refusals -->/.exec(text)?.[1]
    expect(table?.split('\n')).toEqual([...rows, ...behind])
  })

  it('shows a check of the assertion that works', async () => {
    const source = /```js\n([\s\S]*?)```/.exec(text)?.[1] ?? ''
    const { gatehouse } = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as {
      gatehouse: (req: Partial<IncomingMessage>, secret: Buffer, now?: number) => { merchant: string } | null
    }
    const secret = Buffer.alloc(32, 1)
    const record = {
      merchantId: 'm',
      permissions: new Set(['*']),
      scheme: 'token',
    } as Partial<GateRecord> as GateRecord
    const sent = { method: 'GET', path: '/me?a=1', requestId: 'r', bodySha256: null }
    const at = new Date()
    const headers = identifier(secret, 'https://gate.example')(record, sent, at)
    const req = { method: 'GET', url: '/me?a=1', headers: { 'gatehouse-assertion': headers.at(-1) } }
    expect(gatehouse(req, secret)).toMatchObject({ merchant: 'm' })
    expect(gatehouse({ ...req, url: '/me' }, secret)).toBeNull()
    expect(gatehouse(req, Buffer.alloc(32, 2))).toBeNull()
    expect(gatehouse(req, secret, at.getTime() / 1000 + 31)).toBeNull()
    expect(gatehouse({ ...req, headers: {} }, secret)).toBeNull()
  })
})
