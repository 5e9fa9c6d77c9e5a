'use client'

type Props = {
  name: string
  on: boolean
  busy?: boolean
  disabled?: boolean
  /** Ink instead of green: money-out. */
  out?: boolean
  describedBy?: string
  onToggle: () => void
}

/** The thumb moves only when `on` does: after the server agreed. */
export function Switch({ name, on, busy = false, disabled = false, out = false, describedBy, onToggle }: Props) {
  return (
    <button
      type="button"
      role="switch"
      className={out ? 'switch out' : 'switch'}
      aria-label={name}
      aria-checked={on}
      aria-busy={busy}
      aria-disabled={disabled || busy}
      aria-describedby={describedBy}
      onClick={() => {
        if (!disabled && !busy) onToggle()
      }}
    />
  )
}
