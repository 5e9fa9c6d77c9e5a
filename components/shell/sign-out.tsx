'use client'
import { useState } from 'react'
import { LogOut } from '@/components/ui/icons'
import { shellWords as words } from '@/lib/words/shell'

/** A form, so that it works before the page is interactive too. */
export function SignOut({ signOut }: { signOut: () => Promise<unknown> }) {
  const [busy, setBusy] = useState(false)
  return (
    <form
      action={async () => {
        setBusy(true)
        await signOut()
      }}
    >
      <button type="submit" role="menuitem" className="it" aria-disabled={busy}>
        <LogOut />
        {words.signOut}
      </button>
    </form>
  )
}
