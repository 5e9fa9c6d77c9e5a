'use client'
import { useRouter } from 'next/navigation'
import { lazy, Suspense, useState } from 'react'
import type { ApiActions, Where } from '@/components/actions'
import { ArrowUpRight } from '@/components/ui/icons'
import { send } from '@/components/ui/send'
import { Switch } from '@/components/ui/switch'
import { toast } from '@/components/ui/toast'
import { moneyOutRefusals, moneyOutWords, switchRefusals, switchWords } from '@/lib/words/api'
import { errorWords } from '@/lib/words/common'

const ConfirmDialog = lazy(() =>
  import('@/components/access/confirm-dialog').then((m) => ({ default: m.ConfirmDialog })),
)
const StepUpDialog = lazy(() => import('@/components/access/step-up-dialog').then((m) => ({ default: m.StepUpDialog })))

type Props = {
  on: boolean
  may: boolean
  /** The role may, whatever the account's state. */
  yours: boolean
  hostsLastHour: number
  where: Where
  actions: Pick<ApiActions, 'openTicket' | 'switchOn' | 'switchOff'>
}

/** *Activate API user*: off after one question, on with the code only where a live pair would come back to life. */
export function ApiSwitch({ on, may, yours, hostsLastHour, where, actions }: Props) {
  const router = useRouter()
  const [asking, setAsking] = useState<'off' | 'on' | null>(null)
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<string | null>(null)
  const words = switchWords

  async function set(next: boolean, proof?: { ticket: string; code: string }) {
    const reply = await send(() =>
      next ? actions.switchOn(where.merchantId, proof ?? null) : actions.switchOff(where.merchantId),
    )
    if (!reply.ok) return { error: reply.error, retryAt: reply.retryAt }
    setAsking(null)
    toast(next ? words.switchedOn : words.switchedOff, next ? 'open' : 'over')
    router.refresh()
    return null
  }
  async function toggle() {
    setFailed(null)
    if (on) return setAsking('off')
    setBusy(true)
    const refused = await set(true)
    setBusy(false)
    if (refused?.error === 'needs_code') setAsking('on')
    else if (refused) setFailed(refused.error === 'lost' ? errorWords.lostTitle : switchRefusals[refused.error].title)
  }

  return (
    <div className="row">
      <div className="lab">{words.name}</div>
      <div className="val">
        <span className={`font-medium ${on ? 'text-open' : 'text-ink-2'}`}>{on ? words.on : words.off}</span>
        <p className="c" id="api-switch-why">
          {on ? words.whileOn : words.whileOff} {!yours && words.notYours}
        </p>
        {failed && (
          <p className="c text-stop" role="alert">
            {failed}
          </p>
        )}
      </div>
      <div className="act sw">
        <Switch name={words.name} on={on} busy={busy} disabled={!may} describedBy="api-switch-why" onToggle={toggle} />
      </div>
      <Suspense fallback={null}>
        {asking === 'off' && (
          <ConfirmDialog
            title={words.offTitle}
            text={words.offText(hostsLastHour)}
            go={words.offGo}
            said={switchRefusals}
            run={() => set(false)}
            onClose={() => setAsking(null)}
          />
        )}
        {asking === 'on' && (
          <StepUpDialog
            title={words.onTitle}
            where={where}
            ask={{ operation: 'api_user.switch_on', params: {} }}
            about={<p>{words.onText}</p>}
            submit={words.onGo}
            said={switchRefusals}
            openTicket={actions.openTicket}
            onClose={() => setAsking(null)}
            run={(proof) => set(true, proof)}
          />
        )}
      </Suspense>
    </div>
  )
}

type MoneyProps = {
  on: boolean
  may: boolean
  /** The role may, whatever the account's state. */
  yours: boolean
  whitelistOn: boolean
  /** The operator waived the whitelist for this installation. */
  waived?: boolean
  where: Where
  actions: Pick<ApiActions, 'openTicket' | 'allowMoneyOut' | 'forbidMoneyOut'>
}

/** *Allow withdrawals*: ink, not green. Widening needs the password and the code. */
export function MoneyOutSwitch({ on, may, yours, whitelistOn, waived = false, where, actions }: MoneyProps) {
  const router = useRouter()
  const [asking, setAsking] = useState<'off' | 'on' | null>(null)
  const words = moneyOutWords
  const blocked = !on && !whitelistOn && !waived

  async function set(next: boolean, proof?: { ticket: string; code: string }) {
    const reply = await send(() =>
      proof ? actions.allowMoneyOut(where.merchantId, proof) : actions.forbidMoneyOut(where.merchantId),
    )
    if (!reply.ok) return { error: reply.error, retryAt: reply.retryAt }
    setAsking(null)
    toast(next ? words.switchedOn : words.switchedOff, next ? 'open' : 'over')
    router.refresh()
    return null
  }

  return (
    <div className="row">
      <div className="lab">{words.name}</div>
      <div className="val">
        <span className="flex items-center gap-2">
          <span className={`font-medium ${on ? 'text-ink' : 'text-ink-2'}`}>{on ? words.on : words.off}</span>
          {on && (
            <span className="tag out">
              <ArrowUpRight />
              {words.tag}
            </span>
          )}
        </span>
        <p className="c" id="money-out-why">
          {on ? words.whileOn : words.whileOff} {blocked && words.needsWhitelist} {!yours && words.notYours}
        </p>
        {on && !whitelistOn && !waived && <p className="c font-medium text-warn">{words.noEffect}</p>}
      </div>
      <div className="act sw">
        <Switch
          name={words.name}
          on={on}
          out
          disabled={!may || blocked}
          describedBy="money-out-why"
          onToggle={() => setAsking(on ? 'off' : 'on')}
        />
      </div>
      <Suspense fallback={null}>
        {asking === 'off' && (
          <ConfirmDialog
            title={words.offTitle}
            text={words.offText}
            go={words.offGo}
            said={moneyOutRefusals}
            run={() => set(false)}
            onClose={() => setAsking(null)}
          />
        )}
        {asking === 'on' && (
          <StepUpDialog
            title={words.onTitle}
            where={where}
            ask={{ operation: 'money_out.allow', params: {} }}
            password
            about={<p>{words.onText}</p>}
            submit={words.onGo}
            said={moneyOutRefusals}
            openTicket={actions.openTicket}
            onClose={() => setAsking(null)}
            run={(proof) => set(true, proof)}
          />
        )}
      </Suspense>
    </div>
  )
}
