'use client'
import { useState } from 'react'
import { LogOut } from '@/components/ui/icons'
import { shellWords as words } from '@/lib/words/shell'

/** Leaves by a new page, not by a move within this one: nothing that was shown here comes back by Back. */
export function SignOut({ signOut }: { signOut: () => Promise<{ path: string }> }) {
  const [busy, setBusy] = useState(false)
  return (
    <form
      action={async () => {
        setBusy(true)
        const { path } = await signOut()
        window.location.replace(path)
      }}
    >
      <button type="submit" role="menuitem" className="it" aria-disabled={busy}>
        <LogOut />
        {words.signOut}
      </button>
    </form>
  )
}
