'use client'
import { type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { Loader } from '@/components/ui/icons'
import { commonWords } from '@/lib/words/common'
import { confirmWords as words } from '@/lib/words/confirm'
import { CodeField } from './code-field'
import { type Problem, RefusalNote, type Said } from './refusal'

type Props = {
  said: Said
  submit: string
  /** Sends the code; null when it was right. */
  onCode: (code: string) => Promise<Problem | null>
  /** The ticket has ended: begin again. */
  onRestart: () => void
  onBack: () => void
  backLabel?: string
  left?: ReactNode
  danger?: boolean
  above?: ReactNode
  below?: ReactNode
}

/** The code step of every popup. Sends itself when full; a wrong code empties the boxes, a used one says when the next comes. */
export function CodeStep(props: Props) {
  const { said, submit, onCode, onRestart, onBack, backLabel = commonWords.cancel, left, danger, above, below } = props
  const [code, setCode] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const id = useId()
  const alive = useRef(true)
  const running = useRef(false)
  useEffect(() => {
    alive.current = true
    return () => {
      alive.current = false
    }
  }, [])

  async function go(full: string) {
    if (running.current) return
    running.current = true
    setBusy(true)
    setProblem(null)
    const refused = await onCode(full)
    running.current = false
    if (!alive.current) return
    setBusy(false)
    if (refused) {
      setProblem(refused)
      setCode('')
    }
  }

  const ended = problem?.error === 'ticket_invalid'
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (ended) onRestart()
        else if (code.length === 6) go(code)
      }}
    >
      <div className="dlg-b">
        {above}
        <CodeField
          help={words.codeHelp}
          value={code}
          onChange={setCode}
          onFull={go}
          busy={busy}
          bad={problem?.error === 'wrong_code' || problem?.error === 'sign_in_code'}
          {...(problem ? { describedBy: id } : {})}
        />
        {problem && <RefusalNote problem={problem} said={said} id={id} />}
        {below}
      </div>
      <footer className="dlg-f">
        {left && <p className="left">{left}</p>}
        <button type="button" className="btn" onClick={onBack}>
          {backLabel}
        </button>
        <button
          type="submit"
          className={`btn ${danger ? 'fill-stop' : 'p'}`}
          aria-disabled={!ended && (busy || code.length < 6)}
        >
          {busy && <Loader size="s" className="spin" />}
          {ended ? words.again : busy ? words.checking : submit}
        </button>
      </footer>
    </form>
  )
}
