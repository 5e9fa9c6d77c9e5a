import type { Metadata } from 'next'
import { frame } from '@/app/session'
import type { ApiActions } from '@/components/actions'
import { CredentialsSection } from '@/components/credentials/credentials-section'
import { ManageSection } from '@/components/credentials/manage-section'
import { apiUserView } from '@/lib/credentials/view'
import { runtime } from '@/lib/runtime'
import { apiWhitelist } from '@/lib/whitelist/read'
import { accessListWords } from '@/lib/words/shell'
import {
  acknowledgeAction,
  allowMoneyOutAction,
  changeWhitelistAction,
  discardAction,
  endOverlapAction,
  forbidMoneyOutAction,
  openTicketAction,
  regenerateAction,
  shortenOverlapAction,
  switchOffAction,
  switchOnAction,
  turnWhitelistOffAction,
  turnWhitelistOnAction,
} from './actions'

export const metadata: Metadata = { title: `${accessListWords.tabs.api} · ${accessListWords.title}` }

const actions: ApiActions = {
  openTicket: openTicketAction,
  regenerate: regenerateAction,
  acknowledge: acknowledgeAction,
  discard: discardAction,
  endOverlap: endOverlapAction,
  shortenOverlap: shortenOverlapAction,
  switchOff: switchOffAction,
  switchOn: switchOnAction,
  allowMoneyOut: allowMoneyOutAction,
  forbidMoneyOut: forbidMoneyOutAction,
  changeWhitelist: changeWhitelistAction,
  turnWhitelistOff: turnWhitelistOffAction,
  turnWhitelistOn: turnWhitelistOnAction,
}

export default async function Page({ params }: { params: Promise<{ merchant: string }> }) {
  const { merchant } = await params
  const { ctx, current, environment, bothFactors } = await frame(merchant)
  if (!bothFactors) return null
  const user = await apiUserView(ctx)
  const whitelist = await apiWhitelist(ctx)
  if (!user.ok || !whitelist.ok) return null

  const where = { merchantId: merchant, merchantName: current.name, env: environment }
  const live = user.value.current
  return (
    <>
      <ManageSection
        apiUser={user.value}
        whitelist={whitelist.value}
        role={current.role}
        merchantState={current.state}
        where={where}
        address={ctx.address}
        actions={actions}
      />
      <CredentialsSection
        apiUser={user.value}
        role={current.role}
        merchantState={current.state}
        facts={{
          where,
          gateUrl: runtime().gateUrls[0] ?? '',
          proofPath: `/api/console/m/${merchant}/proof`,
          hasCurrent: live !== null,
          hasPending: user.value.pending !== null,
          lastUsedAt: live?.lastUsed?.at ?? null,
          hostsLastHour: live?.hostsLastHour ?? 0,
          moneyOut: user.value.moneyOut,
          whitelist: { version: whitelist.value.version, state: whitelist.value.state },
        }}
        actions={actions}
      />
    </>
  )
}
