import type { InputHTMLAttributes, ReactNode, Ref } from 'react'
import { CircleAlert } from './icons'

type Props = Omit<InputHTMLAttributes<HTMLInputElement>, 'id'> & {
  id: string
  label: string
  help?: ReactNode
  error?: ReactNode
  ref?: Ref<HTMLInputElement>
}

/** A label, a field, help and its own error below. */
export function Field({ id, label, help, error, ...input }: Props) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        {...input}
        id={id}
        className="in"
        aria-invalid={error ? true : undefined}
        aria-describedby={[help && `${id}-help`, error && `${id}-err`].filter(Boolean).join(' ') || undefined}
      />
      {help && (
        <p id={`${id}-help`} className="help">
          {help}
        </p>
      )}
      {error && (
        <p id={`${id}-err`} className="err" role="alert">
          <CircleAlert size="s" />
          <span>{error}</span>
        </p>
      )}
    </div>
  )
}
