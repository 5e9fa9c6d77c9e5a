'use client'
import { lazy, Suspense, useState } from 'react'
import { profileWords as words } from '@/lib/words/profile'
import type { ProfileActions } from './profile-actions'

const load = () => import('./password-dialog')
const PasswordDialog = lazy(load)

type Props = { hasSignIn: boolean; changePassword: ProfileActions['changePassword'] }

export function PasswordButton({ hasSignIn, changePassword }: Props) {
  const [open, setOpen] = useState(false)
  return (
    <div>
      <button type="button" className="btn" onPointerEnter={load} onFocus={load} onClick={() => setOpen(true)}>
        {words.changePassword}
      </button>
      {open && (
        <Suspense fallback={null}>
          <PasswordDialog hasSignIn={hasSignIn} changePassword={changePassword} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </div>
  )
}
