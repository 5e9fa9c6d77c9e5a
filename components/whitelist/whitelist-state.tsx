'use client'
import { useRouter } from 'next/navigation'
import { StepUpDialog } from '@/components/access/step-up-dialog'
import type { Where, WhitelistActions } from '@/components/actions'
import { send } from '@/components/ui/send'
import { toast } from '@/components/ui/toast'
import type { WhitelistView } from '@/lib/whitelist/model'
import { whitelistRefusals, whitelistWords as words } from '@/lib/words/whitelist'

type Props = {
  view: WhitelistView
  where: Where
  actions: WhitelistActions
  onClose: () => void
}

/** Its own confirmed act: nothing turns a whitelist off by accident; one with entries in it can be turned on again. */
export default function WhitelistState({ view, where, actions, onClose }: Props) {
  const router = useRouter()
  const off = view.state === 'on'
  const params = { version: view.version }
  return (
    <StepUpDialog
      title={off ? words.turnOffTitle : words.turnOnTitle}
      where={where}
      ask={{ operation: off ? 'api_whitelist.turn_off' : 'api_whitelist.turn_on', params }}
      about={<p>{off ? words.turnOffText : words.turnOnText(view.entries.length)}</p>}
      submit={off ? words.turnOffGo : words.turnOnGo}
      danger={off}
      said={whitelistRefusals}
      openTicket={actions.openTicket}
      onClose={onClose}
      run={async (proof) => {
        const act = off ? actions.turnWhitelistOff : actions.turnWhitelistOn
        const reply = await send(() => act(where.merchantId, { ...proof, ...params }))
        if (!reply.ok) return { error: reply.error, retryAt: reply.retryAt }
        onClose()
        toast(off ? words.turnedOff : words.turnedOn, off ? 'warn' : 'open')
        router.refresh()
        return null
      }}
    />
  )
}
