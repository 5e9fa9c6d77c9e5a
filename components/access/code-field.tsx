'use client'
import { useEffect, useId, useRef } from 'react'
import { confirmWords as words } from '@/lib/words/confirm'

type Props = {
  label?: string
  help?: string
  value: string
  onChange: (code: string) => void
  /** All six digits are there. */
  onFull: (code: string) => void
  bad?: boolean
  busy?: boolean
  describedBy?: string
  first?: boolean
  /** Takes the focus when it appears: where no dialog opens with it. */
  takeFocus?: boolean
}

/** One text field shown as six boxes: paste works with blanks and dashes too, and it keeps the focus. */
export function CodeField({
  label = words.code,
  help,
  value,
  onChange,
  onFull,
  bad,
  busy,
  describedBy,
  first = true,
  takeFocus = false,
}: Props) {
  const id = useId()
  const sent = useRef('')
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (takeFocus) input.current?.focus()
  }, [takeFocus])
  return (
    <div>
      <label htmlFor={id} className="lbl">
        {label}
      </label>
      {help && (
        <p id={`${id}-help`} className="mt-1 text-small text-ink-2">
          {help}
        </p>
      )}
      <div className="otp mt-3">
        <div className="otp-boxes" aria-hidden="true">
          {[0, 1, 2, 3, 4, 5].map((i) => (
            <Box key={i} at={i} value={value} />
          ))}
        </div>
        <input
          ref={input}
          id={id}
          type="text"
          data-first={first ? '' : undefined}
          inputMode="numeric"
          autoComplete="one-time-code"
          autoCorrect="off"
          spellCheck={false}
          value={value}
          readOnly={busy}
          aria-invalid={bad ? true : undefined}
          aria-describedby={[help && `${id}-help`, describedBy].filter(Boolean).join(' ') || undefined}
          onChange={(event) => {
            if (busy) return
            const code = event.target.value.replace(/\D/g, '').slice(0, 6)
            onChange(code)
            if (code.length < 6) sent.current = ''
            else if (sent.current !== code) {
              sent.current = code
              onFull(code)
            }
          }}
        />
      </div>
    </div>
  )
}

const Box = ({ at, value }: { at: number; value: string }) => (
  <>
    {at === 3 && <i />}
    <span className={Math.min(value.length, 5) === at ? 'cur' : undefined}>{value[at] ?? ''}</span>
  </>
)
