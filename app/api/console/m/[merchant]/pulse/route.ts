import { watching } from '@/app/session'
import { pulseOf } from '@/lib/status/pulse'

type Context = { params: Promise<{ merchant: string }> }

/** Whether Integration status is still what it was. Asking keeps nobody signed in. */
export async function GET(_: Request, { params }: Context): Promise<Response> {
  const ctx = await watching((await params).merchant)
  if (!ctx.ok) return Response.json({ error: ctx.error }, { status: ctx.error === 'signed_out' ? 401 : 404, headers })
  return Response.json({ pulse: await pulseOf(ctx.value) }, { headers })
}

const headers = { 'cache-control': 'no-store' }
