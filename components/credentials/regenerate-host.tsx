'use client'
import { createContext, lazy, type ReactNode, Suspense, use, useState } from 'react'
import type { ApiActions, Where } from '@/components/actions'
import { RefreshCw } from '@/components/ui/icons'
import type { WhitelistView } from '@/lib/whitelist/model'
import { credentialWords as words } from '@/lib/words/api'

const load = () => import('./regenerate-dialog')
const RegenerateDialog = lazy(load)

const Open = createContext<() => void>(() => {})

export type RegenerateFacts = {
  where: Where
  /** The gate's public address, for the script. */
  gateUrl: string
  /** GET route of the proof; `/` and the generation's id are added. */
  proofPath: string
  hasCurrent: boolean
  hasPending: boolean
  lastUsedAt: Date | null
  hostsLastHour: number
  moneyOut: boolean
  whitelist: Pick<WhitelistView, 'version' | 'state'>
}

/**
 * Holds the popup above everything that a refresh can exchange: a new list below must never unmount a shown secret.
 * The secret itself lives in the popup's one state.
 */
export function RegenerateHost({
  facts,
  actions,
  children,
}: {
  facts: RegenerateFacts
  actions: Pick<ApiActions, 'openTicket' | 'regenerate' | 'acknowledge' | 'discard' | 'changeWhitelist'>
  children: ReactNode
}) {
  const [open, setOpen] = useState(false)
  return (
    <Open value={() => setOpen(true)}>
      {children}
      {open && (
        <Suspense fallback={null}>
          <RegenerateDialog facts={facts} actions={actions} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </Open>
  )
}

/** `why` is the id of the text that says why not. */
export function RegenerateButton({ primary, disabled, why }: { primary?: boolean; disabled?: boolean; why?: string }) {
  const open = use(Open)
  return (
    <button
      type="button"
      className={primary ? 'btn p' : 'btn'}
      aria-disabled={disabled || undefined}
      aria-describedby={why}
      onPointerEnter={load}
      onFocus={load}
      onClick={() => {
        if (!disabled) open()
      }}
    >
      <RefreshCw size="s" />
      {words.regenerate}
    </button>
  )
}
