import { watching } from '@/app/session'
import { proofOf } from '@/lib/credentials/proof'
import { uuidText } from '@/lib/text'

type Context = { params: Promise<{ merchant: string; generation: string }> }

/** What the gate has seen of a pair, for the reveal popup. 404 for everything the caller may not see. */
export async function GET(_: Request, { params }: Context): Promise<Response> {
  const { merchant, generation } = await params
  const ctx = await watching(merchant)
  if (!ctx.ok && ctx.error === 'signed_out') return Response.json({ error: ctx.error }, { status: 401, headers })
  const proof = ctx.ok && uuidText.safeParse(generation).success ? await proofOf(ctx.value, generation) : null
  return proof?.ok
    ? Response.json(proof.value, { headers })
    : Response.json({ error: 'not_found' }, { status: 404, headers })
}

const headers = { 'cache-control': 'no-store' }
