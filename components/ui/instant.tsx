'use client'
import { useSyncExternalStore } from 'react'
import { useNow } from './clock'
import { ago, inUtc, inZone, left } from './format'

const never = () => () => {}
/** False on the server and while hydrating: the first paint is UTC everywhere, then the viewer's zone. */
export const useHydrated = () =>
  useSyncExternalStore(
    never,
    () => true,
    () => false,
  )

type Show = 'full' | 'date' | 'seconds'

/** Every instant on every screen. */
export function Instant({ at, show = 'full' }: { at: Date; show?: Show }) {
  const local = useHydrated()
  return (
    <time dateTime={at.toISOString()} title={inUtc(at, 'seconds')} className="whitespace-nowrap">
      {local ? inZone(at, show) : inUtc(at, show)}
    </time>
  )
}

/** How long ago; the exact instant on hover and for machines. */
export function Ago({ at }: { at: Date }) {
  const now = useNow(5000)
  return (
    <time dateTime={at.toISOString()} title={now === null ? inUtc(at, 'seconds') : inZone(at, 'seconds')}>
      {now === null ? inUtc(at) : ago(now - at.getTime())}
    </time>
  )
}

/** `Ends in 23 h 40 min`: before the page is interactive, the instant itself. */
export function EndsIn({ at, verb = 'Ends', over = 'Ended' }: { at: Date; verb?: string; over?: string }) {
  const now = useNow(1000)
  return (
    <time dateTime={at.toISOString()} title={inUtc(at, 'seconds')}>
      {now === null ? `${verb} ${inUtc(at)}` : now >= at.getTime() ? over : `${verb} in ${left(at.getTime() - now)}`}
    </time>
  )
}

/** Only the time left, `9:41`. */
export function TimeLeft({ at, after = 'left' }: { at: Date; after?: string }) {
  const now = useNow(1000)
  if (now === null) return null
  return (
    <span>
      {left(at.getTime() - now)} {after}
    </span>
  )
}
