import type { Metadata } from 'next'
import { frame } from '@/app/session'
import { ActivityPage } from '@/components/activity/activity-page'
import { NotAllowed } from '@/components/shell/closed'
import { listActivity } from '@/lib/activity/list'
import { type ActivityFilter, auditActions } from '@/lib/activity/model'
import { listStaff } from '@/lib/team/list'
import { activityWords } from '@/lib/words/activity'

export const metadata: Metadata = { title: activityWords.title }

type Query = Record<string, string | string[] | undefined>
type Props = { params: Promise<{ merchant: string }>; searchParams: Promise<Query> }

export default async function Page({ params, searchParams }: Props) {
  const { merchant } = await params
  const { ctx } = await frame(merchant)
  const filter = filterOf(await searchParams)
  const page = await listActivity(ctx, filter)
  if (!page.ok) return <NotAllowed what="activity" home={`/m/${merchant}`} />
  const staff = await listStaff(ctx)
  return (
    <ActivityPage
      page={page.value}
      filter={filter}
      path={`/m/${merchant}/activity`}
      people={staff.ok ? staff.value.map(({ personId, name }) => ({ personId, name })) : []}
    />
  )
}

/** What the URL asks for; anything unreadable is as if it were not there. */
function filterOf(query: Query): ActivityFilter {
  const one = (name: string) => (typeof query[name] === 'string' ? (query[name] as string) : '')
  const action = auditActions.find((a) => a === one('action'))
  const person = /^[0-9a-f-]{36}$/.test(one('person')) ? one('person') : null
  const cursor = one('cursor').slice(0, 120) || null
  return {
    ...(action ? { action } : {}),
    ...(person ? { personId: person } : {}),
    ...(cursor ? { cursor, direction: one('direction') === 'newer' ? ('newer' as const) : ('older' as const) } : {}),
  }
}
