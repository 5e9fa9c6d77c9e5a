'use client'
import { type ReactNode, useEffect, useId, useLayoutEffect, useRef } from 'react'
import { commonWords } from '@/lib/words/common'
import { X } from './icons'

type Props = {
  title: string
  /** Escape, the cross, a click outside and the phone's back gesture: the owner decides what happens. */
  onDismiss: () => void
  wide?: boolean
  /** Below the title: the three bars of a step popup. */
  above?: ReactNode
  children: ReactNode
  /** Put in front of everything else, which cannot be reached meanwhile: the close guard. */
  guard?: ReactNode
  busy?: boolean
}

/**
 * A native modal dialog, shown while it is mounted. Focus goes to `[data-first]`, else to the first field, and comes
 * back to the opener. On the phone it is a sheet.
 */
export function Dialog({ title, onDismiss, wide, above, children, guard, busy }: Props) {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  const dismiss = useRef(onDismiss)
  useEffect(() => {
    dismiss.current = onDismiss
  })

  useLayoutEffect(() => {
    const dialog = ref.current
    if (!dialog) return
    const opener = document.activeElement
    if (!dialog.open) dialog.showModal()
    const first =
      dialog.querySelector<HTMLElement>('[data-first]') ?? dialog.querySelector<HTMLElement>('input, button')
    first?.focus()
    // A browser may close a modal on its own (a second Escape): then it opens again, and the owner is asked.
    const onClose = () => {
      if (dialog.open || !dialog.isConnected) return
      dialog.showModal()
      dismiss.current()
    }
    dialog.addEventListener('close', onClose)
    return () => {
      dialog.removeEventListener('close', onClose)
      dialog.close()
      queueMicrotask(() => {
        const lost = !document.activeElement || document.activeElement === document.body
        if (lost && opener instanceof HTMLElement && opener.isConnected) opener.focus()
      })
    }
  }, [])

  const pressedOutside = useRef(false)
  return (
    <dialog
      ref={ref}
      className={wide ? 'dlg w' : 'dlg'}
      aria-labelledby={id}
      aria-busy={busy}
      onCancel={(event) => {
        if (event.target !== ref.current) return
        event.preventDefault()
        dismiss.current()
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return
        event.preventDefault()
        dismiss.current()
      }}
      onPointerDown={(event) => {
        pressedOutside.current = event.target === ref.current && !inside(event, ref.current)
      }}
      onClick={(event) => {
        const outside = pressedOutside.current && event.target === ref.current && !inside(event, ref.current)
        // The second press of a double click is meant for what the first one pressed, the opener.
        if (outside && event.detail < 2) dismiss.current()
        pressedOutside.current = false
      }}
    >
      <div className="contents" inert={Boolean(guard)}>
        <header className="dlg-h">
          <div>
            <h2 id={id} className="text-dialog">
              {title}
            </h2>
            <button
              type="button"
              className="btn s ghost sq -mt-[3px] -mr-2"
              aria-label={commonWords.close}
              onClick={() => dismiss.current()}
            >
              <X />
            </button>
          </div>
          {above}
        </header>
        {children}
      </div>
      {guard}
    </dialog>
  )
}

const inside = (event: { clientX: number; clientY: number }, element: HTMLElement | null): boolean => {
  if (!element) return false
  const box = element.getBoundingClientRect()
  return (
    event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom
  )
}

type GuardProps = { title: string; text: string; stay: string; leave: string; onStay: () => void; onLeave: () => void }

/** Asks once, inside the dialog; the focus rests on the safe answer. */
export function CloseGuard({ title, text, stay, leave, onStay, onLeave }: GuardProps) {
  const id = useId()
  const safe = useRef<HTMLButtonElement>(null)
  useEffect(() => safe.current?.focus(), [])
  return (
    <div className="guard">
      <div
        role="alertdialog"
        aria-labelledby={`${id}-t`}
        aria-describedby={`${id}-d`}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          event.preventDefault()
          onStay()
        }}
      >
        <div className="b">
          <h3 id={`${id}-t`} className="font-semibold">
            {title}
          </h3>
          <p id={`${id}-d`} className="mt-1 text-small text-ink-2">
            {text}
          </p>
        </div>
        <div className="f">
          <button type="button" className="btn danger" onClick={onLeave}>
            {leave}
          </button>
          <button ref={safe} type="button" className="btn p" onClick={onStay}>
            {stay}
          </button>
        </div>
      </div>
    </div>
  )
}
