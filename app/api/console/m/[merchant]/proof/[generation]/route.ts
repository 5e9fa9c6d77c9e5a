import { watching } from '@/app/session'
import { proofOf } from '@/lib/credentials/proof'
import { uuidText } from '@/lib/text'

type Context = { params: Promise<{ merchant: string; generation: string }> }

/** What the gate has seen of a pair, for the reveal popup. 404 for everything the caller may not see. */
export async function GET(_: Request, { params }: Context): Promise<Response> {
  const { merchant, generation } = await params
  const ctx = await watching(merchant)
  if (!ctx) return Response.json({ error: 'signed_out' }, { status: 401, headers })
  const proof = uuidText.safeParse(generation).success ? await proofOf(ctx, generation) : null
  return proof?.ok
    ? Response.json(proof.value, { headers })
    : Response.json({ error: 'not_found' }, { status: 404, headers })
}

const headers = { 'cache-control': 'no-store' }
