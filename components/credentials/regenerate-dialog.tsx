'use client'
import { useRouter } from 'next/navigation'
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'react'
import { CodeStep } from '@/components/access/code-step'
import { type Problem, RefusalNote, type Said } from '@/components/access/refusal'
import { Steps } from '@/components/access/steps'
import type { ApiActions } from '@/components/actions'
import { useNow } from '@/components/ui/clock'
import { CloseGuard, Dialog } from '@/components/ui/dialog'
import { Field } from '@/components/ui/field'
import { inZone } from '@/components/ui/format'
import { EyeOff, Loader } from '@/components/ui/icons'
import { Note } from '@/components/ui/parts'
import { send } from '@/components/ui/send'
import { toast } from '@/components/ui/toast'
import {
  allowedOverlaps,
  type Overlap,
  overlapMs,
  overlaps,
  presetOverlap,
  type Reason,
  type Revealed,
  reasons,
} from '@/lib/credentials/model'
import {
  acknowledgeRefusals,
  credentialWords,
  discardRefusals,
  overlapWords,
  reasonWords,
  regenerateRefusals,
  revealWords,
  regenerateWords as words,
} from '@/lib/words/api'
import { commonWords } from '@/lib/words/common'
import { confirmWords, openRefusals, passwordRefusals } from '@/lib/words/confirm'
import { shellWords } from '@/lib/words/shell'
import type { RegenerateFacts } from './regenerate-host'
import { Reveal } from './reveal'
import { useCloseGuard } from './use-close-guard'

type Props = {
  facts: RegenerateFacts
  actions: Pick<ApiActions, 'openTicket' | 'regenerate' | 'acknowledge' | 'discard' | 'changeWhitelist'>
  onClose: () => void
}

export default function RegenerateDialog({ facts, actions, onClose }: Props) {
  const router = useRouter()
  const [reason, setReason] = useState<Reason>(facts.hasCurrent ? 'planned_change' : 'first_set_up')
  const [overlap, setOverlap] = useState<Overlap | null>(null)
  const [ticket, setTicket] = useState<string | null>(null)
  /** The only place where the secret lives. */
  const [revealed, setRevealed] = useState<Revealed | null>(null)
  const [safe, setSafe] = useState(false)
  const [over, setOver] = useState(false)
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<{ said: Said; problem: Problem } | null>(null)
  const now = useNow(10_000)

  // Hidden, left or frozen by the browser: the secret goes first.
  useLayoutEffect(() => () => setRevealed(null), [])
  useEffect(() => {
    const wipe = () => {
      setRevealed(null)
      onClose()
    }
    window.addEventListener('pagehide', wipe)
    return () => window.removeEventListener('pagehide', wipe)
  }, [onClose])

  const atRisk = revealed !== null && !safe && !over
  const leaveHistory = useCloseGuard(revealed !== null, atRisk, {
    ask: () => setAsking(true),
    goBack: () => leave(),
  })

  const chosen = overlap ?? presetOverlap(reason, facts.lastUsedAt, new Date(now ?? Date.now()))
  const params = { reason, overlap: reason === 'leaked' || !facts.hasCurrent ? ('at_once' as const) : chosen }

  function leave() {
    setRevealed(null)
    onClose()
    router.refresh()
  }
  function dismiss() {
    if (busy) return
    if (atRisk) setAsking(true)
    else {
      if (revealed && !over) toast(revealWords.closedSaved, 'wait')
      leaveHistory()
      leave()
    }
  }

  if (revealed) {
    const finish = async (action: 'acknowledge' | 'discard') => {
      if (busy) return
      setBusy(true)
      setProblem(null)
      const given = { generationId: revealed.generationId }
      const reply =
        action === 'acknowledge'
          ? await send(() => actions.acknowledge(facts.where.merchantId, given))
          : await send(() => actions.discard(facts.where.merchantId, given))
      setBusy(false)
      if (reply.ok) {
        leaveHistory()
        leave()
        if (action === 'acknowledge') toast(revealWords.active)
        else toast(facts.hasCurrent ? credentialWords.discarded : credentialWords.discardedFirst, 'over')
        return
      }
      setAsking(false)
      setProblem({
        said: action === 'acknowledge' ? acknowledgeRefusals : discardRefusals,
        problem: { error: reply.error, retryAt: reply.retryAt },
      })
    }
    return (
      <Dialog
        key="reveal"
        title={revealWords.title}
        wide
        onDismiss={dismiss}
        above={<Steps names={words.steps} now={2} />}
        guard={
          asking && (
            <CloseGuard
              title={revealWords.guardTitle}
              text={facts.hasCurrent ? revealWords.guardText : revealWords.guardFirst}
              stay={revealWords.guardStay}
              leave={revealWords.guardLeave}
              onStay={() => setAsking(false)}
              onLeave={() => finish('discard')}
            />
          )
        }
      >
        <Reveal
          revealed={revealed}
          facts={facts}
          actions={actions}
          onSafe={() => setSafe(true)}
          onOver={() => setOver(true)}
          problem={problem && <RefusalNote {...problem} />}
        />
        <footer className="dlg-f">
          <p className="left">{safe ? revealWords.leaves : revealWords.alone}</p>
          {over ? (
            <button
              type="button"
              className="btn p"
              onClick={() => {
                leaveHistory()
                leave()
              }}
            >
              {commonWords.done}
            </button>
          ) : (
            <>
              <button type="button" className="btn" aria-disabled={busy} onClick={() => finish('discard')}>
                {revealWords.discard}
              </button>
              <button type="button" className="btn p" aria-disabled={busy} onClick={() => finish('acknowledge')}>
                {busy && <Loader size="s" className="spin" />}
                {revealWords.saved}
              </button>
            </>
          )}
        </footer>
      </Dialog>
    )
  }

  const title = facts.hasCurrent ? words.title : words.firstTitle
  if (ticket)
    return (
      <Dialog key="code" title={title} onDismiss={dismiss} above={<Steps names={words.steps} now={1} />}>
        <CodeStep
          said={regenerateRefusals}
          submit={words.show}
          backLabel={commonWords.back}
          onBack={() => setTicket(null)}
          onRestart={() => setTicket(null)}
          onCode={async (code) => {
            const reply = await send(() => actions.regenerate(facts.where.merchantId, { ticket, code, params }))
            if (!reply.ok) return { error: reply.error, retryAt: reply.retryAt }
            setRevealed(reply.value)
            setTicket(null)
            return null
          }}
          below={
            <Note icon={<EyeOff />}>
              <p>
                <b>{words.onlookersTitle}</b> {words.onlookers}
              </p>
            </Note>
          }
        />
      </Dialog>
    )

  return (
    <Dialog key="password" title={title} onDismiss={dismiss} above={<Steps names={words.steps} now={0} />}>
      <PasswordStep
        facts={facts}
        reason={reason}
        overlap={chosen}
        now={now}
        onReason={(r) => {
          setReason(r)
          setOverlap(null)
        }}
        onOverlap={setOverlap}
        busy={busy}
        problem={problem?.problem ?? null}
        onCancel={dismiss}
        onPassword={async (password) => {
          if (busy) return
          setBusy(true)
          setProblem(null)
          const reply = await send(() =>
            actions.openTicket(facts.where.merchantId, { operation: 'credentials.regenerate', params, password }),
          )
          setBusy(false)
          if (reply.ok) setTicket(reply.value.ticket)
          else setProblem({ said: openRefusals, problem: { error: reply.error, retryAt: reply.retryAt } })
        }}
      />
    </Dialog>
  )
}

type PasswordProps = {
  facts: RegenerateFacts
  reason: Reason
  overlap: Overlap
  now: number | null
  busy: boolean
  problem: Problem | null
  onReason: (reason: Reason) => void
  onOverlap: (overlap: Overlap) => void
  onCancel: () => void
  onPassword: (password: string) => void
}

/** Choices with consequences first, then the password. */
function PasswordStep(props: PasswordProps) {
  const { facts, reason, overlap, now, busy, problem, onReason, onOverlap, onCancel, onPassword } = props
  const field = useRef<HTMLInputElement>(null)
  const id = useId()
  const allowed = allowedOverlaps(reason, facts.moneyOut)

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        onPassword(field.current?.value ?? '')
      }}
    >
      <div className="dlg-b">
        {facts.hasPending && (
          <Note tone="wait">
            <p>{words.replaces}</p>
          </Note>
        )}
        <fieldset>
          <legend className="lbl mb-1.5">{words.why}</legend>
          <div className="opts two">
            {reasons.map((r) => (
              <label key={r} className="opt">
                <input type="radio" name="reason" value={r} checked={reason === r} onChange={() => onReason(r)} />
                <b>{reasonWords[r].name}</b>
                <span className="why">{reasonWords[r].why}</span>
              </label>
            ))}
          </div>
        </fieldset>
        {facts.hasCurrent &&
          (reason === 'leaked' ? (
            <Note tone="stop">
              <p>
                <b>{words.leakedTitle}</b> {words.leaked(facts.hostsLastHour)}
              </p>
            </Note>
          ) : (
            <fieldset aria-describedby={`${id}-when`}>
              <legend className="lbl mb-1.5">{words.when}</legend>
              <div className="opts">
                {overlaps.map((o) => {
                  const may = allowed.includes(o)
                  return (
                    <label key={o} className="opt">
                      <input
                        type="radio"
                        name="overlap"
                        value={o}
                        disabled={!may}
                        checked={overlap === o}
                        onChange={() => onOverlap(o)}
                      />
                      <b>{overlapWords[o].name}</b>
                      {!may ? (
                        <span className="why">{words.sevenNotAllowed}</span>
                      ) : o === 'at_once' ? (
                        overlap === o && <span className="why">{words.atOnce(facts.hostsLastHour)}</span>
                      ) : (
                        overlap === o &&
                        now !== null && (
                          <span className="why">
                            {overlapWords[o].until} {inZone(new Date(now + overlapMs[o]))}.
                          </span>
                        )
                      )}
                    </label>
                  )
                })}
              </div>
              <p id={`${id}-when`} className="mt-1.5 text-small text-ink-3">
                {words.whenHelp}
              </p>
            </fieldset>
          ))}
        <Field
          ref={field}
          id={`${id}-password`}
          name="password"
          label={confirmWords.password}
          type="password"
          autoComplete="current-password"
          required
          data-first=""
          error={problem?.error === 'wrong_password' ? passwordRefusals.wrong_password.title : undefined}
        />
        {problem && problem.error !== 'wrong_password' && <RefusalNote problem={problem} said={openRefusals} />}
        <p className="-mt-2 text-small text-ink-3">
          {confirmWords.binds(facts.where.merchantName, shellWords.env[facts.where.env])}
        </p>
      </div>
      <footer className="dlg-f">
        <p className="left">{words.nothing}</p>
        <button type="button" className="btn" onClick={onCancel}>
          {commonWords.cancel}
        </button>
        <button type="submit" className="btn p" aria-disabled={busy}>
          {busy && <Loader size="s" className="spin" />}
          {commonWords.continue}
        </button>
      </footer>
    </form>
  )
}
