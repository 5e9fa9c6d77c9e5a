'use client'
import { useRouter } from 'next/navigation'
import { StepUpDialog } from '@/components/access/step-up-dialog'
import type { ApiActions, Where } from '@/components/actions'
import { send } from '@/components/ui/send'
import { toast } from '@/components/ui/toast'
import type { WhitelistView } from '@/lib/whitelist/model'
import { whitelistRefusals, whitelistWords as words } from '@/lib/words/whitelist'

type Props = {
  view: WhitelistView
  where: Where
  actions: Pick<ApiActions, 'openTicket' | 'turnWhitelistOff'>
  onClose: () => void
}

/** Its own confirmed act: nothing turns a whitelist off by accident. */
export default function TurnOff({ view, where, actions, onClose }: Props) {
  const router = useRouter()
  return (
    <StepUpDialog
      title={words.turnOffTitle}
      where={where}
      operation="api_whitelist.turn_off"
      params={{ version: view.version }}
      about={<p>{words.turnOffText}</p>}
      submit={words.turnOffGo}
      danger
      said={whitelistRefusals}
      openTicket={actions.openTicket}
      onClose={onClose}
      run={async (proof) => {
        const reply = await send(actions.turnWhitelistOff, {
          merchant: where.merchantId,
          version: String(view.version),
          ...proof,
        })
        if (!reply.ok) return { error: reply.error, retryAt: reply.retryAt }
        onClose()
        toast(words.turnedOff, 'warn')
        router.refresh()
        return null
      }}
    />
  )
}
