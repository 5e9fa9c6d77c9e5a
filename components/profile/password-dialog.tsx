'use client'
import { useRouter } from 'next/navigation'
import { useId, useState } from 'react'
import { type Problem, RefusalNote } from '@/components/access/refusal'
import { Dialog } from '@/components/ui/dialog'
import { Field } from '@/components/ui/field'
import { Loader } from '@/components/ui/icons'
import { send } from '@/components/ui/send'
import { toast } from '@/components/ui/toast'
import type { ChangePasswordRefusal } from '@/lib/access/model'
import { commonWords } from '@/lib/words/common'
import { changePasswordRefusals, passwordWords as words } from '@/lib/words/profile'
import type { ProfileActions } from './profile-actions'

type Props = { hasSignIn: boolean; changePassword: ProfileActions['changePassword']; onClose: () => void }

/** Which field a refusal stands beside; the others stand below. */
const besideField: Partial<Record<ChangePasswordRefusal | 'lost', 'password' | 'code' | 'next'>> = {
  wrong_password: 'password',
  wrong_code: 'code',
  too_short: 'next',
  too_long: 'next',
  too_common: 'next',
  contains_you: 'next',
  not_text: 'next',
}

export default function PasswordDialog({ hasSignIn, changePassword, onClose }: Props) {
  const router = useRouter()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem<ChangePasswordRefusal> | null>(null)
  const id = useId()
  const beside = problem ? besideField[problem.error] : undefined
  const error = (field: string) => {
    if (!problem || beside !== field || problem.error === 'lost') return undefined
    const said = changePasswordRefusals[problem.error]
    return `${said.title} ${said.text}`
  }
  return (
    <Dialog title={words.title} onDismiss={onClose}>
      <form
        onSubmit={async (event) => {
          event.preventDefault()
          if (busy) return
          const value = (name: string) =>
            (event.currentTarget.elements.namedItem(name) as HTMLInputElement | null)?.value ?? ''
          const given = { password: value('password'), code: value('code').replace(/\s/g, ''), next: value('next') }
          setBusy(true)
          setProblem(null)
          const reply = await send(() => changePassword(given))
          setBusy(false)
          if (!reply.ok) return setProblem({ error: reply.error, retryAt: reply.retryAt })
          onClose()
          toast(words.done(reply.value.sessionsEnded))
          router.refresh()
        }}
      >
        <div className="dlg-b">
          <Field
            id={`${id}-password`}
            name="password"
            label={words.current}
            type="password"
            autoComplete="current-password"
            required
            data-first=""
            error={error('password')}
          />
          {hasSignIn && (
            <Field
              id={`${id}-code`}
              name="code"
              label={words.code}
              type="text"
              inputMode="numeric"
              autoComplete="one-time-code"
              required
              error={error('code')}
            />
          )}
          <Field
            id={`${id}-next`}
            name="next"
            label={words.next}
            help={words.nextHelp}
            type="password"
            autoComplete="new-password"
            required
            error={error('next')}
          />
          {problem && !beside && <RefusalNote problem={problem} said={changePasswordRefusals} />}
        </div>
        <footer className="dlg-f">
          <button type="button" className="btn" onClick={onClose}>
            {commonWords.cancel}
          </button>
          <button type="submit" className="btn p" aria-disabled={busy}>
            {busy && <Loader size="s" className="spin" />}
            {words.submit}
          </button>
        </footer>
      </form>
    </Dialog>
  )
}
