'use client'
import { useRouter } from 'next/navigation'
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'react'
import { CodeField } from '@/components/access/code-field'
import { type Problem, RefusalNote } from '@/components/access/refusal'
import { Steps } from '@/components/access/steps'
import { CopyButton } from '@/components/ui/copy-button'
import { Dialog } from '@/components/ui/dialog'
import { Field } from '@/components/ui/field'
import { Loader } from '@/components/ui/icons'
import { TimeLeft } from '@/components/ui/instant'
import { send } from '@/components/ui/send'
import { toast } from '@/components/ui/toast'
import type { Enrolment, FactorPurpose } from '@/lib/access/model'
import { commonWords } from '@/lib/words/common'
import { enrolFinishRefusals, enrolStartRefusals, factorWords, enrolWords as words } from '@/lib/words/profile'
import type { ProfileActions } from './profile-actions'

type Props = {
  purpose: FactorPurpose
  enrolled: boolean
  hasSignIn: boolean
  actions: Pick<ProfileActions, 'startEnrolment' | 'finishEnrolment'>
  onClose: () => void
}

/** Password and current code, then the QR code with its key, then a code from the new entry. */
export default function EnrolDialog({ purpose, enrolled, hasSignIn, actions, onClose }: Props) {
  const router = useRouter()
  /** The only place where the seed lives. */
  const [fresh, setFresh] = useState<Enrolment | null>(null)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [code, setCode] = useState('')
  const password = useRef<HTMLInputElement>(null)
  const proof = useRef<HTMLInputElement>(null)
  const key = useRef<HTMLSpanElement>(null)
  const id = useId()
  const { name } = factorWords[purpose]
  const title = (enrolled ? words.replaceTitle : words.setUpTitle)(name)

  useLayoutEffect(() => () => setFresh(null), [])
  useEffect(() => {
    const wipe = () => {
      setFresh(null)
      onClose()
    }
    window.addEventListener('pagehide', wipe)
    return () => window.removeEventListener('pagehide', wipe)
  }, [onClose])

  if (fresh) {
    const groups = fresh.seed.replace(/(.{4})(?=.)/g, '$1 ')
    const finish = async (full: string) => {
      if (busy) return
      setBusy(true)
      setProblem(null)
      const reply = await send(() => actions.finishEnrolment({ purpose, code: full }))
      setBusy(false)
      if (!reply.ok) {
        setCode('')
        setProblem({ error: reply.error, retryAt: reply.retryAt })
        return
      }
      setFresh(null)
      onClose()
      toast(
        reply.value.replaced
          ? words.replaced(name, reply.value.sessionsEnded)
          : purpose === 'operations'
            ? words.waits(name)
            : words.done(name),
      )
      router.refresh()
    }
    return (
      <Dialog key="phone" title={title} onDismiss={onClose} above={<Steps names={words.steps} now={1} />}>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            if (code.length === 6) finish(code)
          }}
        >
          <div className="dlg-b">
            <p className="text-ink-2">{words.scan}</p>
            <div className="flex flex-wrap items-center gap-5 notranslate" translate="no">
              {/* biome-ignore lint/performance/noImgElement: a data address: there is nothing to optimise. */}
              <img
                className="qr"
                width={168}
                height={168}
                alt={words.qr}
                src={`data:image/svg+xml;utf8,${encodeURIComponent(fresh.qrSvg)}`}
              />
              <dl className="grid min-w-0 flex-1 gap-2.5 text-small">
                <div>
                  <dt className="text-ink-2">{words.entry}</dt>
                  <dd className="break-words">{fresh.label}</dd>
                </div>
                <div>
                  <dt className="text-ink-2">{words.key}</dt>
                  <dd>
                    <span ref={key} className="mono break-words" spellCheck={false}>
                      {groups}
                    </span>
                  </dd>
                </div>
                <div>
                  <CopyButton value={fresh.seed} name={words.copyKey} target={key} variant="small" />
                </div>
              </dl>
            </div>
            <CodeField
              label={words.newCode}
              help={words.newCodeHelp}
              value={code}
              onChange={setCode}
              onFull={finish}
              busy={busy}
              bad={problem?.error === 'wrong_code'}
            />
            {problem && <RefusalNote problem={problem} said={enrolFinishRefusals} />}
          </div>
          <footer className="dlg-f">
            <p className="left">
              <TimeLeft at={fresh.pendingUntil} after={words.left} />
            </p>
            <button type="button" className="btn" onClick={onClose}>
              {commonWords.cancel}
            </button>
            <button type="submit" className="btn p" aria-disabled={busy || code.length < 6}>
              {busy && <Loader size="s" className="spin" />}
              {words.finish}
            </button>
          </footer>
        </form>
      </Dialog>
    )
  }

  // Replacing asks for a code of the one that is replaced; a first operations code for a sign-in code.
  const codeOf = enrolled ? purpose : hasSignIn ? 'sign_in' : null
  return (
    <Dialog key="prove" title={title} onDismiss={onClose} above={<Steps names={words.steps} now={0} />}>
      <form
        onSubmit={async (event) => {
          event.preventDefault()
          if (busy) return
          setBusy(true)
          setProblem(null)
          const reply = await send(() =>
            actions.startEnrolment({
              purpose,
              password: password.current?.value ?? '',
              code: (proof.current?.value ?? '').replace(/\s/g, ''),
            }),
          )
          setBusy(false)
          if (reply.ok) setFresh(reply.value)
          else {
            setProblem({ error: reply.error, retryAt: reply.retryAt })
            if (proof.current) proof.current.value = ''
          }
        }}
      >
        <div className="dlg-b">
          <p className="text-ink-2">{enrolled ? words.proveFirst : words.proveNew}</p>
          <Field
            ref={password}
            id={`${id}-password`}
            name="password"
            label={words.password}
            type="password"
            autoComplete="current-password"
            required
            data-first=""
            error={problem?.error === 'wrong_password' ? enrolStartRefusals.wrong_password.title : undefined}
          />
          {codeOf && (
            <Field
              ref={proof}
              id={`${id}-code`}
              name="code"
              label={codeOf === 'operations' ? words.codeOperations : words.codeSignIn}
              help={codeOf === 'operations' ? words.codeWhyOperations : words.codeWhySignIn}
              type="text"
              inputMode="numeric"
              autoComplete="one-time-code"
              required
              error={problem?.error === 'wrong_code' ? enrolStartRefusals.wrong_code.title : undefined}
            />
          )}
          {problem && problem.error !== 'wrong_password' && problem.error !== 'wrong_code' && (
            <RefusalNote problem={problem} said={enrolStartRefusals} />
          )}
        </div>
        <footer className="dlg-f">
          <p className="left">{words.nothing}</p>
          <button type="button" className="btn" onClick={onClose}>
            {commonWords.cancel}
          </button>
          <button type="submit" className="btn p" aria-disabled={busy}>
            {busy && <Loader size="s" className="spin" />}
            {commonWords.continue}
          </button>
        </footer>
      </form>
    </Dialog>
  )
}
