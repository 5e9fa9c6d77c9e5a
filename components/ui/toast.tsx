'use client'
import { useEffect, useRef, useState } from 'react'
import { commonWords } from '@/lib/words/common'
import { Arch, type Tone } from './arch'
import { X } from './icons'

type Toast = { id: number; tone: Tone; text: string }
let tell: ((toast: Omit<Toast, 'id'>) => void) | null = null
let next = 1

/** Confirms what is already true. Errors that need action are never toasts. */
export const toast = (text: string, tone: Tone = 'open') => tell?.({ text, tone })

/** Two at most, six seconds, waiting while the pointer or the focus is on them. */
export function Toasts() {
  const [list, setList] = useState<Toast[]>([])
  const held = useRef(false)
  useEffect(() => {
    tell = (toast) => setList((now) => [...now, { ...toast, id: next++ }].slice(-2))
    return () => {
      tell = null
    }
  }, [])
  useEffect(() => {
    if (list.length === 0) return
    const timer = setInterval(() => {
      if (!held.current) setList((now) => now.slice(1))
    }, 6000)
    return () => clearInterval(timer)
  }, [list])
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only waits while somebody reads.
    <div
      className="toasts"
      onPointerEnter={() => {
        held.current = true
      }}
      onPointerLeave={() => {
        held.current = false
      }}
      onFocus={() => {
        held.current = true
      }}
      onBlur={() => {
        held.current = false
      }}
    >
      <div role="status" className="contents">
        {list.map((t) => (
          <div key={t.id} className="toast">
            <Arch tone={t.tone} className={`is-${t.tone}`} />
            <p>{t.text}</p>
            <button
              type="button"
              className="btn s ghost sq -my-1 -mr-2"
              aria-label={commonWords.close}
              onClick={() => setList((now) => now.filter((x) => x.id !== t.id))}
            >
              <X size="s" />
            </button>
          </div>
        ))}
      </div>
    </div>
  )
}
