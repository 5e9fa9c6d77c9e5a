'use client'
import { lazy, Suspense, useRef, useState } from 'react'
import type { Where, WhitelistActions } from '@/components/actions'
import { useNow } from '@/components/ui/clock'
import { Pencil } from '@/components/ui/icons'
import type { WhitelistView } from '@/lib/whitelist/model'
import { whitelistWords as words } from '@/lib/words/whitelist'
import { EntryNote, isExpired } from './entry-note'

const load = () => import('./editor')
const Editor = lazy(load)
const WhitelistState = lazy(() => import('./whitelist-state'))

type Props = {
  view: WhitelistView
  where: Where
  /** The viewer's address, as the server sees it. */
  address: string
  canChange: boolean
  canTurnOff: boolean
  actions: WhitelistActions
}

const SHOWN = 5

/** At rest: chips and a pencil. The editor is loaded when the pencil is pressed. */
export function WhitelistRow({ view, where, address, canChange, canTurnOff, actions }: Props) {
  const [editing, setEditing] = useState(false)
  const [switching, setSwitching] = useState(false)
  const pencil = useRef<HTMLButtonElement>(null)

  return (
    <div className="row">
      <div className="lab" id="whitelist-name">
        {words.name}
      </div>
      {editing ? (
        <Suspense fallback={<AtRest view={view} />}>
          <Editor
            view={view}
            where={where}
            address={address}
            actions={actions}
            onLeave={() => {
              setEditing(false)
              requestAnimationFrame(() => pencil.current?.focus())
            }}
          />
        </Suspense>
      ) : (
        <>
          <div className="val">
            <AtRest view={view} />
            {(view.state === 'on' ? canTurnOff : canChange && view.entries.length > 0) && (
              <p className="mt-2 text-small">
                <button type="button" className="linklike" onClick={() => setSwitching(true)}>
                  {view.state === 'on' ? words.turnOff : words.turnOn}
                </button>
              </p>
            )}
          </div>
          <div className="act">
            {canChange && (
              <button
                ref={pencil}
                type="button"
                className="btn s ghost sq"
                aria-label={words.edit}
                onPointerEnter={load}
                onFocus={load}
                onClick={() => setEditing(true)}
              >
                <Pencil />
              </button>
            )}
          </div>
        </>
      )}
      {switching && (
        <Suspense fallback={null}>
          <WhitelistState view={view} where={where} actions={actions} onClose={() => setSwitching(false)} />
        </Suspense>
      )}
    </div>
  )
}

function AtRest({ view }: { view: WhitelistView }) {
  const [all, setAll] = useState(false)
  const now = useNow(30_000)
  const shown = all ? view.entries : view.entries.slice(0, SHOWN)
  const hidden = view.entries.length - shown.length
  const n = view.entries.length
  return (
    <>
      {n > 0 && (
        <ul className="chips mb-1.5">
          {shown.map((e) => (
            <li key={e.id} className={`chip ${isExpired(e, now) ? 'expired' : ''}`}>
              <span className="ct">
                <span className="mono">{e.range}</span>
                <EntryNote entry={e} now={now} />
              </span>
            </li>
          ))}
          {(hidden > 0 || all) && (
            <li>
              <button type="button" className="chip more" onClick={() => setAll(!all)}>
                {all ? words.less : words.more(hidden)}
              </button>
            </li>
          )}
        </ul>
      )}
      {view.state === 'off' ? (
        <p className="text-small text-ink-2">
          <span className="font-medium text-ink">{words.off}</span> {n > 0 ? words.offKept(n) : words.offText}
        </p>
      ) : (
        <p className={`text-small ${n === 0 ? 'text-stop' : 'text-ink-2'}`}>{n === 0 ? words.emptyOn : words.on(n)}</p>
      )}
    </>
  )
}
