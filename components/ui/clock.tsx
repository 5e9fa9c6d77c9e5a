'use client'
import { createContext, type ReactNode, use, useEffect, useState } from 'react'

/** Countdowns follow the server's clock: the difference is measured once, when the page arrives. */
const Offset = createContext(0)

export function ServerClock({ now, children }: { now: Date; children: ReactNode }) {
  const [offset] = useState(() => now.getTime() - Date.now())
  return <Offset value={offset}>{children}</Offset>
}

/** The server's time in milliseconds, or null until the page is interactive (so that markup never differs). */
export function useNow(every = 1000): number | null {
  const offset = use(Offset)
  const [now, setNow] = useState<number | null>(null)
  useEffect(() => {
    const tick = () => setNow(Date.now() + offset)
    tick()
    const timer = setInterval(tick, every)
    return () => clearInterval(timer)
  }, [offset, every])
  return now
}
