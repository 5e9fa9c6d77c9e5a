import type { Metadata } from 'next'
import { frame } from '@/app/session'
import { StatusPage } from '@/components/status/status-page'
import { can } from '@/lib/access/model'
import { pulseOf } from '@/lib/status/pulse'
import { readStatus } from '@/lib/status/read'
import { statusWords } from '@/lib/words/status'

export const metadata: Metadata = { title: statusWords.title }

export default async function Page({ params }: { params: Promise<{ merchant: string }> }) {
  const { merchant } = await params
  const { ctx } = await frame(merchant)
  return (
    <StatusPage
      // First the pulse: what comes between the two readings is offered as new.
      pulse={await pulseOf(ctx)}
      status={await readStatus(ctx)}
      pulsePath={`/api/console/m/${merchant}/pulse`}
      base={`/m/${merchant}`}
      mayOpenAccessList={can(ctx.actor.role, 'access_list.read')}
      mayOpenActivity={can(ctx.actor.role, 'activity.read')}
    />
  )
}
