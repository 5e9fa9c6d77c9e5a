'use client'
import { type RefObject, useEffect, useRef, useState } from 'react'
import { copyWords as words } from '@/lib/words/common'
import { copyText, selectNode } from './copy'
import { Check, Copy } from './icons'

type Props = {
  value: string
  /** The accessible name, `Copy API key`. */
  name: string
  /** What to select when the browser refuses to copy. */
  target: RefObject<HTMLElement | null>
  variant?: 'plate' | 'icon' | 'small'
  label?: string
  /** Says the result to everybody: the page's live region. */
  onResult?: (said: string, copied: boolean) => void
  /** Unmasks the value before it is selected. */
  onRefused?: () => void
}

/** Keeps its width; says Copied for a second and a half, then keeps a check mark. */
export function CopyButton({ value, name, target, variant = 'plate', label, onResult, onRefused }: Props) {
  const [state, setState] = useState<'rest' | 'just' | 'done'>('rest')
  const [said, setSaid] = useState('')
  const button = useRef<HTMLButtonElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])

  async function copy() {
    const within = (button.current?.closest('dialog') as HTMLElement | null) ?? document.body
    const result = await copyText(value, within)
    clearTimeout(timer.current)
    if (result === 'copied') {
      setState('just')
      setSaid(words.copied(name))
      onResult?.(words.copied(name), true)
      timer.current = setTimeout(() => setState('done'), 1500)
      return
    }
    onRefused?.()
    setState('rest')
    setSaid(words.refused)
    onResult?.(words.refused, false)
    requestAnimationFrame(() => requestAnimationFrame(() => target.current && selectNode(target.current)))
  }

  const icon = state === 'rest' ? <Copy size="s" /> : <Check size="s" />
  const classes = { plate: 'btn cp', icon: 'btn s ghost sq', small: 'btn s' }[variant]
  return (
    <>
      <button
        ref={button}
        type="button"
        className={`${classes} ${state === 'rest' ? '' : 'copied'}`}
        aria-label={name}
        onClick={copy}
      >
        {icon}
        {variant !== 'icon' && <span>{state === 'just' ? words.done : (label ?? words.copy)}</span>}
      </button>
      {!onResult && (
        <span className="vh" role="status">
          {said}
        </span>
      )}
    </>
  )
}
