'use client'
import { type ReactNode, useState } from 'react'
import { Dialog } from '@/components/ui/dialog'
import { Loader } from '@/components/ui/icons'
import { commonWords } from '@/lib/words/common'
import { type Problem, RefusalNote, type Said } from './refusal'

type Props = {
  title: string
  text: ReactNode
  go: string
  said: Said
  danger?: boolean
  run: () => Promise<Problem | null>
  onClose: () => void
}

/** A change that only narrows: one question, the consequence in numbers, no code. */
export function ConfirmDialog({ title, text, go, said, danger = true, run, onClose }: Props) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  return (
    <Dialog title={title} onDismiss={onClose}>
      <div className="dlg-b">
        <div className="text-ink-2">{text}</div>
        {problem && <RefusalNote problem={problem} said={said} />}
      </div>
      <footer className="dlg-f">
        <button type="button" className="btn" data-first="" onClick={onClose}>
          {commonWords.cancel}
        </button>
        <button
          type="button"
          className={`btn ${danger ? 'fill-stop' : 'p'}`}
          aria-disabled={busy}
          onClick={async () => {
            if (busy) return
            setBusy(true)
            setProblem(await run())
            setBusy(false)
          }}
        >
          {busy && <Loader size="s" className="spin" />}
          {go}
        </button>
      </footer>
    </Dialog>
  )
}
