import Link from 'next/link'
import { Mark } from '@/components/ui/arch'
import { initials } from '@/components/ui/format'
import { ChevronDown, KeyRound, Menu, ShieldCheck } from '@/components/ui/icons'
import type { Role } from '@/lib/access/model'
import { product, roleWords } from '@/lib/words/common'
import { shellWords as words } from '@/lib/words/shell'
import { NavLinks } from './nav-links'
import { PopMenu } from './pop-menu'
import { SignOut } from './sign-out'

export type Merchant = { merchantId: string; name: string; role: Role }
type Props = {
  env: 'live' | 'test'
  person: { name: string; email: string }
  /** The merchant of the page, or null on a person's own pages. */
  here: Merchant | null
  all: Merchant[]
  /** Access list and Activity: Root, Owner, Admin. */
  mayOpenAccessList: boolean
  mayOpenActivity: boolean
  signOut: () => Promise<{ path: string }>
}

/** The one dark beam across the top: where, what, who. */
export function Lintel({ env, person, here, all, mayOpenAccessList, mayOpenActivity, signOut }: Props) {
  const base = here ? `/m/${here.merchantId}` : null
  const home = base ?? '/'
  const pages = base
    ? [
        { href: base, name: words.status, exact: true },
        ...(mayOpenActivity ? [{ href: `${base}/activity`, name: words.activity, exact: false }] : []),
      ]
    : []
  const tag = <span className={`env ${env}`}>{words.env[env]}</span>
  return (
    <header className="lintel">
      <div className="lintel-in">
        <Link className="brand" href={home} aria-label={words.home}>
          <Mark />
          <span>{product}</span>
        </Link>
        {here && all.length > 1 ? (
          <>
            <button
              type="button"
              className="merchant"
              popoverTarget="merchants"
              aria-label={words.switchMerchant(here.name, words.env[env])}
            >
              <span className="truncate">{here.name}</span>
              {tag}
              <ChevronDown size="s" />
            </button>
            <PopMenu id="merchants" className="merchants" label={words.merchants}>
              {all.map((m) => (
                <Link
                  key={m.merchantId}
                  role="menuitem"
                  className="it"
                  href={`/m/${m.merchantId}`}
                  aria-current={m.merchantId === here.merchantId ? 'true' : undefined}
                >
                  <span className="min-w-0 flex-1">
                    <span className="block truncate">{m.name}</span>
                    <span className="block text-caption text-ink-2">{roleWords[m.role]}</span>
                  </span>
                  {tag}
                </Link>
              ))}
            </PopMenu>
          </>
        ) : (
          here && (
            <span className="merchant border-transparent">
              <span className="truncate">{here.name}</span>
              {tag}
            </span>
          )
        )}
        <nav className="nav" aria-label={words.main}>
          <NavLinks links={pages} />
        </nav>
        <div className="ml-auto flex items-center gap-1">
          <button type="button" className="who" popoverTarget="account" aria-label={words.account} aria-haspopup="menu">
            <span className="avatar" aria-hidden="true">
              {initials(person.name)}
            </span>
            <span className="phone:hidden">
              <ChevronDown size="s" />
            </span>
          </button>
          {pages.length > 0 && (
            <button type="button" className="lintel-btn desk:hidden" popoverTarget="pages" aria-label={words.menu}>
              <Menu size="l" />
            </button>
          )}
        </div>
      </div>
      <PopMenu
        id="account"
        className="account"
        label={words.account}
        head={
          <div className="hd">
            <p className="font-medium">{person.name}</p>
            <p className="text-caption text-ink-2">
              {person.email}
              {here && `, ${roleWords[here.role]}`}
            </p>
          </div>
        }
      >
        {base && mayOpenAccessList && (
          <Link role="menuitem" className="it" href={`${base}/access`}>
            <KeyRound />
            {words.accessList}
          </Link>
        )}
        {base && (
          <Link role="menuitem" className="it" href={`${base}/profile`}>
            <ShieldCheck />
            {words.profile}
          </Link>
        )}
        <SignOut signOut={signOut} />
      </PopMenu>
      {pages.length > 0 && (
        <PopMenu id="pages" className="pages" label={words.main}>
          {pages.map((p) => (
            <Link key={p.href} role="menuitem" className="it" href={p.href}>
              {p.name}
            </Link>
          ))}
        </PopMenu>
      )}
    </header>
  )
}
