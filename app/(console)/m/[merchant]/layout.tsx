import type { ReactNode } from 'react'
import { frame } from '@/app/session'
import { signOutAction } from '@/app/sign-in/actions'
import { Banners } from '@/components/shell/banners'
import { Lintel } from '@/components/shell/lintel'
import { Shell } from '@/components/shell/shell'
import { can } from '@/lib/access/model'
import { runtime } from '@/lib/runtime'

type Props = { children: ReactNode; params: Promise<{ merchant: string }> }

export default async function Layout({ children, params }: Props) {
  const { ctx, merchants, current, environment, demo } = await frame((await params).merchant)
  const lintel = (
    <Lintel
      env={environment}
      person={{ name: ctx.actor.name, email: ctx.actor.email }}
      here={current}
      all={merchants.map(({ merchantId, name, role }) => ({ merchantId, name, role }))}
      mayOpenAccessList={can(current.role, 'access_list.read')}
      mayOpenActivity={can(current.role, 'activity.read')}
      signOut={signOutAction}
    />
  )
  const banners = (
    <Banners
      demo={demo}
      insecure={!runtime().secureCookies}
      merchant={{ state: current.state, reason: current.stateReason, since: current.stateSince }}
    />
  )
  return (
    <Shell now={ctx.now} lintel={lintel} banners={banners}>
      {children}
    </Shell>
  )
}
