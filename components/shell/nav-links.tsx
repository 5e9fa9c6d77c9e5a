'use client'
import Link from 'next/link'
import { usePathname } from 'next/navigation'

type NavLink = { href: string; name: string; exact: boolean }

/** Links that know the page they are on. */
export function NavLinks({ links }: { links: NavLink[] }) {
  const path = usePathname()
  return links.map(({ href, name, exact }) => {
    const here = exact ? path === href : path === href || path.startsWith(`${href}/`)
    return (
      <Link key={href} href={href} aria-current={here ? 'page' : undefined}>
        {name}
      </Link>
    )
  })
}
