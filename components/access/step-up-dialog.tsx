'use client'
import { type ReactNode, useEffect, useId, useRef, useState } from 'react'
import type { ApiActions, Ask, Where } from '@/components/actions'
import { Dialog } from '@/components/ui/dialog'
import { Field } from '@/components/ui/field'
import { Loader } from '@/components/ui/icons'
import { send } from '@/components/ui/send'
import { commonWords } from '@/lib/words/common'
import { openRefusals, passwordRefusals, confirmWords as words } from '@/lib/words/confirm'
import { shellWords } from '@/lib/words/shell'
import { CodeStep } from './code-step'
import { type Problem, RefusalNote, type Said } from './refusal'

type Props = {
  title: string
  where: Where
  ask: Ask
  /** Money-out asks for the password first. */
  password?: boolean
  about: ReactNode
  submit: string
  danger?: boolean
  said: Said
  openTicket: ApiActions['openTicket']
  /** Runs the operation; null when it is done. */
  run: (proof: { ticket: string; code: string }) => Promise<Problem | null>
  onClose: () => void
}

/** Password where it is asked for, then the operations code. The ticket of a code-only operation is fetched on opening. */
export function StepUpDialog(props: Props) {
  const { title, where, ask, password, about, submit, danger, said, openTicket, run, onClose } = props
  const [ticket, setTicket] = useState<string | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [busy, setBusy] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const id = useId()

  async function open(secret?: string) {
    setBusy(true)
    setProblem(null)
    const reply = await send(() =>
      openTicket(where.merchantId, secret === undefined ? ask : { ...ask, password: secret }),
    )
    setBusy(false)
    if (!reply.ok) {
      setProblem({ error: reply.error, retryAt: reply.retryAt })
      return null
    }
    setTicket(reply.value.ticket)
    return reply.value.ticket
  }
  // A code typed before the ticket has arrived waits for it.
  const opening = useRef<Promise<string | null> | null>(null)
  useEffect(() => {
    if (!password && !opening.current) opening.current = open()
  })

  const named = <p className="text-small text-ink-3">{words.binds(where.merchantName, shellWords.env[where.env])}</p>
  if (ticket || (!password && !problem))
    return (
      <Dialog title={title} onDismiss={onClose}>
        <CodeStep
          said={said}
          submit={submit}
          {...(danger ? { danger } : {})}
          above={
            <div className="grid gap-1">
              {about}
              {named}
            </div>
          }
          onBack={onClose}
          onRestart={() => {
            setTicket(null)
            opening.current = null
          }}
          onCode={async (code) => {
            const mine = ticket ?? (await opening.current)
            return mine ? run({ ticket: mine, code }) : null
          }}
        />
      </Dialog>
    )
  return (
    <Dialog title={title} onDismiss={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy) open(password ? (field.current?.value ?? '') : undefined)
        }}
      >
        <div className="dlg-b">
          <div className="grid gap-1">
            {about}
            {named}
          </div>
          {password && (
            <Field
              ref={field}
              id={`${id}-password`}
              name="password"
              label={words.password}
              type="password"
              autoComplete="current-password"
              data-first=""
              required
              error={problem?.error === 'wrong_password' ? passwordRefusals.wrong_password.title : undefined}
            />
          )}
          {problem && problem.error !== 'wrong_password' && <RefusalNote problem={problem} said={openRefusals} />}
        </div>
        <footer className="dlg-f">
          <button type="button" className="btn" onClick={onClose}>
            {commonWords.cancel}
          </button>
          <button type="submit" className="btn p" aria-disabled={busy}>
            {busy && <Loader size="s" className="spin" />}
            {password ? commonWords.continue : commonWords.tryAgain}
          </button>
        </footer>
      </form>
    </Dialog>
  )
}
