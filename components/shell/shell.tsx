import type { ReactNode } from 'react'
import { ServerClock } from '@/components/ui/clock'
import { Toasts } from '@/components/ui/toast'
import { commonWords } from '@/lib/words/common'
import { PageFocus } from './page-focus'

/** Frame of every signed-in page: skip link, lintel, banners, the page, toasts. */
export function Shell({
  now,
  lintel,
  banners,
  children,
}: {
  now: Date
  lintel: ReactNode
  banners: ReactNode
  children: ReactNode
}) {
  return (
    <ServerClock now={now}>
      <a className="skip" href="#main">
        {commonWords.skip}
      </a>
      {lintel}
      {banners}
      <main id="main" className="shell" tabIndex={-1}>
        {children}
      </main>
      <PageFocus />
      <Toasts />
    </ServerClock>
  )
}
