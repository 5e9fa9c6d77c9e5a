'use client'
import { useRouter } from 'next/navigation'
import { useEffect, useState } from 'react'
import { statusWords as words } from '@/lib/words/status'

const EVERY_MS = 2_000

/**
 * Looks whether there is news and offers to show it. It does not reload by itself: that would count as the person's
 * own doing and keep a desk signed in that was left.
 */
export function Newer({ pulse, path }: { pulse: string; path: string }) {
  const router = useRouter()
  const [seen, setSeen] = useState(pulse)
  useEffect(() => setSeen(pulse), [pulse])

  useEffect(() => {
    const timer = setInterval(async () => {
      if (document.visibilityState !== 'visible') return
      try {
        const answer = await fetch(path, { cache: 'no-store' })
        if (answer.ok) setSeen(((await answer.json()) as { pulse: string }).pulse)
      } catch {
        // Offline for a moment: the next look tells.
      }
    }, EVERY_MS)
    return () => clearInterval(timer)
  }, [path])

  return (
    <span role="status">
      {seen !== pulse && (
        <button type="button" className="btn s" onClick={() => router.refresh()}>
          {words.newer}
        </button>
      )}
    </span>
  )
}
