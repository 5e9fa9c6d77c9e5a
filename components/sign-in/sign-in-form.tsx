'use client'
import { useEffect, useId, useRef, useState } from 'react'
import { RefusalNote } from '@/components/access/refusal'
import { Field } from '@/components/ui/field'
import { Loader } from '@/components/ui/icons'
import { Note } from '@/components/ui/parts'
import { send } from '@/components/ui/send'
import type { SignInRefusal } from '@/lib/access/model'
import type { Result } from '@/lib/result'
import { signInRefusals, signInWords as words } from '@/lib/words/sign-in'

export type SignInProps = {
  signIn: (
    given: { email: string; password: string; code: string },
    next: string,
  ) => Promise<Result<{ path: string }, SignInRefusal>>
  next: string
}

/** E-mail, password and code in one step. After a refusal the e-mail stays, password and code never do. */
export function SignInForm({
  signIn,
  next,
  host,
  address,
  left,
}: SignInProps & { host: string; address: string; left: boolean }) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<{ error: SignInRefusal | 'lost'; retryAt?: Date | undefined } | null>(null)
  const form = useRef<HTMLFormElement>(null)
  const id = useId()
  useEffect(() => form.current?.querySelector('input')?.focus(), [])

  return (
    <form
      ref={form}
      method="post"
      aria-labelledby={`${id}-title`}
      onSubmit={async (event) => {
        event.preventDefault()
        if (busy) return
        const fields = event.currentTarget
        const value = (name: string) => (fields.elements.namedItem(name) as HTMLInputElement).value
        setBusy(true)
        setProblem(null)
        const given = {
          email: value('email').trim(),
          password: value('password'),
          code: value('code').replace(/\s/g, ''),
        }
        const reply = await send(() => signIn(given, next))
        if (reply.ok) return window.location.assign(reply.value.path)
        setBusy(false)
        setProblem({ error: reply.error, retryAt: reply.retryAt })
        for (const name of ['password', 'code']) (fields.elements.namedItem(name) as HTMLInputElement).value = ''
        ;(fields.elements.namedItem('password') as HTMLInputElement).focus()
      }}
    >
      <div>
        <h1 id={`${id}-title`} className="text-title">
          {words.title}
        </h1>
        <p className="mt-1 text-ink-2">{words.to(host)}</p>
      </div>
      {left && !problem && (
        <Note tone="wait">
          <p>{words.left}</p>
        </Note>
      )}
      {problem && <RefusalNote problem={problem} said={signInRefusals} />}
      <Field
        id={`${id}-email`}
        name="email"
        label={words.email}
        type="email"
        autoComplete="username"
        required
        inputMode="email"
        autoCapitalize="off"
        spellCheck={false}
      />
      <Field
        id={`${id}-password`}
        name="password"
        label={words.password}
        type="password"
        autoComplete="current-password"
        required
      />
      <Field
        id={`${id}-code`}
        name="code"
        label={words.code}
        help={words.codeHelp}
        type="text"
        inputMode="numeric"
        autoComplete="one-time-code"
        autoCorrect="off"
        spellCheck={false}
        maxLength={12}
      />
      <button type="submit" className="btn p" aria-disabled={busy}>
        {busy && <Loader size="s" className="spin" />}
        {busy ? words.busy : words.submit}
      </button>
      <p className="text-caption text-ink-3">
        {words.address} <span className="mono">{address}</span>
      </p>
    </form>
  )
}
