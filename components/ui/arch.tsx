/** The gate is the picture: each state has its own shape, so that colour is never alone. */
import type { ReactNode } from 'react'

export type Tone = 'open' | 'wait' | 'retiring' | 'over' | 'warn' | 'stop'

const arch = 'M2.75 14.25V7.5a5.25 5.25 0 0 1 10.5 0v6.75'

const shapes: Record<Tone, ReactNode> = {
  open: <path d={`${arch}M1 14.25h3.5M11.5 14.25H15`} />,
  wait: <path strokeDasharray="2.1 2.2" d={arch} />,
  retiring: (
    <>
      <path d={arch} />
      <path strokeWidth="1.3" d="M5.4 3.4v6.1M8 2.4v7.1M10.6 3.4v6.1M3 7h10" />
    </>
  ),
  over: (
    <>
      <path d={arch} />
      <path strokeWidth="1.3" d="M5.4 3.4v10.8M8 2.4v11.8M10.6 3.4v10.8M3 7h10M3 11h10" />
    </>
  ),
  warn: (
    <>
      <path d={arch} />
      <path strokeWidth="1.8" d="M8 6.2v3.6M8 12.6v.1" />
    </>
  ),
  stop: (
    <path
      fill="currentColor"
      fillRule="evenodd"
      stroke="none"
      d="M2 15V7.5a6 6 0 0 1 12 0V15zM5.2 6.7l1.1-1.1L8 7.3l1.7-1.7 1.1 1.1L9.1 8.4l1.7 1.7-1.1 1.1L8 9.5l-1.7 1.7-1.1-1.1 1.7-1.7z"
    />
  ),
}

export const Arch = ({ tone, size, className }: { tone: Tone; size?: 's' | 'l'; className?: string }) => (
  <svg
    className={`icon ${size ?? ''} ${className ?? ''}`}
    viewBox="0 0 16 16"
    fill="none"
    stroke="currentColor"
    strokeWidth={1.5}
    strokeLinecap="round"
    aria-hidden="true"
  >
    {shapes[tone]}
  </svg>
)

/** The gatehouse itself: a beam above an arch with its portcullis. */
export const Mark = () => (
  <svg viewBox="0 0 20 20" fill="none" aria-hidden="true">
    <path fill="currentColor" d="M1 1.5h18v3H1z" />
    <path stroke="currentColor" strokeWidth="2.1" d="M3.6 18.5v-6.2a6.4 6.4 0 0 1 12.8 0v6.2" />
    <path stroke="currentColor" strokeWidth="1.4" d="M10 8v4.6M7 9v3.6M13 9v3.6" opacity=".75" />
  </svg>
)

/** The gate of the proof panel: its bars breathe while waiting and go up when the first call arrives. */
export const Gate = ({ waiting }: { waiting: boolean }) => (
  <svg className="gate" viewBox="0 0 32 32" fill="none" stroke="currentColor" aria-hidden="true">
    <clipPath id="gate-opening">
      <path d="M6 28V15a10 10 0 0 1 20 0v13z" />
    </clipPath>
    <g clipPath="url(#gate-opening)">
      <g className={waiting ? 'bars pulse' : 'bars'} strokeWidth="1.6">
        <path d="M11 4v24M16 4v24M21 4v24M5 13h22M5 20.5h22" />
      </g>
    </g>
    <path strokeWidth="2.2" d="M6 28.5V15a10 10 0 0 1 20 0v13.5M2.5 28.5H9M23 28.5h6.5" />
  </svg>
)
