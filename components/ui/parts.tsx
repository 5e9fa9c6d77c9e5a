import type { ReactNode } from 'react'
import { Arch, type Tone } from './arch'

/** A status that says the fact, with the arch of its state. */
export const Badge = ({ tone, children }: { tone: Tone; children: ReactNode }) => (
  <span className={`badge ${tone}`}>
    <Arch tone={tone} />
    {children}
  </span>
)

/** A message in place, beside what it is about. */
export function Note({
  tone,
  icon,
  role,
  action,
  children,
}: {
  tone?: Tone | undefined
  icon?: ReactNode
  role?: 'status' | 'alert'
  action?: ReactNode
  children: ReactNode
}) {
  return (
    <div className={`note ${tone ?? ''}`} role={role}>
      {icon ?? (tone && <Arch tone={tone} />)}
      <div>{children}</div>
      {action}
    </div>
  )
}

/** Ledger section: the margin says why, the card holds what. */
export function Section({
  id,
  title,
  why,
  children,
}: {
  id?: string
  title: string
  why: ReactNode
  children: ReactNode
}) {
  return (
    <section className="sec" aria-labelledby={id}>
      <header>
        <h2 id={id} className="text-section">
          {title}
        </h2>
        {why}
      </header>
      <div className="grid min-w-0 grid-cols-1 gap-4">{children}</div>
    </section>
  )
}

/** Teaches in two sentences and gives the first step. */
export const Empty = ({
  tone = 'wait',
  title,
  text,
  children,
}: {
  tone?: Tone
  title: string
  text: string
  children?: ReactNode
}) => (
  <div className="empty">
    <Arch tone={tone} />
    <h2 className="font-semibold">{title}</h2>
    <p>{text}</p>
    {children}
  </div>
)

/** In the shape of what comes; only after 300 ms, so that quick pages never flash. */
export function SkeletonCard({ lines = 4 }: { lines?: number }) {
  return (
    <div className="card late" aria-hidden="true">
      <div className="card-h">
        <span className="sk w-40" />
      </div>
      <div className="card-b grid gap-4">
        {Array.from({ length: lines }, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike and never move.
          <span key={i} className={`sk ${['w-3/4', 'w-1/2', 'w-2/3', 'w-2/5'][i % 4]}`} />
        ))}
      </div>
    </div>
  )
}
