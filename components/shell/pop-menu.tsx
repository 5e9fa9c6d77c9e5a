'use client'
import { type ReactNode, useEffect, useRef } from 'react'

type Props = { id: string; className: string; label: string; head?: ReactNode; children: ReactNode }

/** A menu on the browser's own popover: opens without script, Escape and a click outside close it; arrows walk it. */
export function PopMenu({ id, className, label, head, children }: Props) {
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const pop = ref.current
    if (!pop) return
    const onToggle = (event: Event) => {
      if ((event as ToggleEvent).newState === 'open') items(pop)[0]?.focus({ preventScroll: true })
    }
    pop.addEventListener('toggle', onToggle)
    return () => pop.removeEventListener('toggle', onToggle)
  }, [])
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it passes keys and clicks on to the menu inside.
    <div
      ref={ref}
      id={id}
      popover="auto"
      className={`pop ${className}`}
      onKeyDown={(event) => {
        const pop = ref.current
        const step = { ArrowDown: 1, ArrowUp: -1, Home: 'first', End: 'last' }[event.key]
        if (!pop || step === undefined) return
        event.preventDefault()
        const all = items(pop)
        const now = all.indexOf(document.activeElement as HTMLElement)
        const next = step === 'first' ? 0 : step === 'last' ? -1 : (now + Number(step) + all.length) % all.length
        all.at(next)?.focus()
      }}
      onClick={(event) => {
        if ((event.target as HTMLElement).closest('a')) ref.current?.hidePopover()
      }}
    >
      {head}
      <div role="menu" aria-label={label}>
        {children}
      </div>
    </div>
  )
}

const items = (pop: HTMLElement): HTMLElement[] => [...pop.querySelectorAll<HTMLElement>('[role="menuitem"]')]
