'use client'
import { lazy, Suspense, useState } from 'react'
import type { FactorPurpose } from '@/lib/access/model'
import { factorWords, profileWords as words } from '@/lib/words/profile'
import type { ProfileActions } from './profile-actions'

const load = () => import('./enrol-dialog')
const EnrolDialog = lazy(load)

type Props = {
  purpose: FactorPurpose
  enrolled: boolean
  hasSignIn: boolean
  actions: Pick<ProfileActions, 'startEnrolment' | 'finishEnrolment'>
}

export function EnrolButton({ purpose, enrolled, hasSignIn, actions }: Props) {
  const [open, setOpen] = useState(false)
  const first = purpose === 'operations' && !enrolled && !hasSignIn
  return (
    <>
      <button
        type="button"
        className={enrolled ? 'btn' : 'btn p'}
        aria-label={`${enrolled ? words.replace : words.enrol} ${factorWords[purpose].name}`}
        aria-disabled={first || undefined}
        title={first ? words.needsSignIn : undefined}
        onPointerEnter={load}
        onFocus={load}
        onClick={() => {
          if (!first) setOpen(true)
        }}
      >
        {enrolled ? words.replace : words.enrol}
      </button>
      {open && (
        <Suspense fallback={null}>
          <EnrolDialog
            purpose={purpose}
            enrolled={enrolled}
            hasSignIn={hasSignIn}
            actions={actions}
            onClose={() => setOpen(false)}
          />
        </Suspense>
      )}
    </>
  )
}
