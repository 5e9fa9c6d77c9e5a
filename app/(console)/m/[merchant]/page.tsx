import type { Metadata } from 'next'
import { frame } from '@/app/session'
import { StatusPage } from '@/components/status/status-page'
import { can } from '@/lib/access/model'
import { readStatus } from '@/lib/status/read'
import { statusWords } from '@/lib/words/status'

export const metadata: Metadata = { title: statusWords.title }

export default async function Page({ params }: { params: Promise<{ merchant: string }> }) {
  const { merchant } = await params
  const { ctx } = await frame(merchant)
  return (
    <StatusPage
      status={await readStatus(ctx)}
      base={`/m/${merchant}`}
      mayOpenAccessList={can(ctx.actor.role, 'access_list.read')}
      mayOpenActivity={can(ctx.actor.role, 'activity.read')}
    />
  )
}
