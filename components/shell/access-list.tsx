import type { ReactNode } from 'react'
import { accessListWords as words } from '@/lib/words/shell'
import { NavLinks } from './nav-links'
import { PageHead } from './page-head'

/** The Access list: its tabs are links with their own addresses, and only those that have content. */
export function AccessList({ base, children }: { base: string; children: ReactNode }) {
  return (
    <>
      <PageHead title={words.title} why={words.why} />
      <nav className="tabs" aria-label={words.title}>
        <NavLinks
          links={[
            { href: `${base}/staff`, name: words.tabs.staff, exact: false },
            { href: `${base}/api`, name: words.tabs.api, exact: false },
          ]}
        />
      </nav>
      {children}
    </>
  )
}
