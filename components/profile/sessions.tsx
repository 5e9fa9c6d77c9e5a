'use client'
import { useRouter } from 'next/navigation'
import { lazy, Suspense, useState } from 'react'
import { Ago, Instant } from '@/components/ui/instant'
import { send } from '@/components/ui/send'
import { toast } from '@/components/ui/toast'
import type { SessionView } from '@/lib/access/model'
import { changeRefusals } from '@/lib/words/confirm'
import { profileWords as words } from '@/lib/words/profile'
import { browserOf } from './browser'
import type { ProfileActions } from './profile-actions'

const ConfirmDialog = lazy(() =>
  import('@/components/access/confirm-dialog').then((m) => ({ default: m.ConfirmDialog })),
)

type Props = { sessions: SessionView[]; actions: Pick<ProfileActions, 'endSession' | 'endOtherSessions'> }

/** Where this person is signed in; ending one holds with its next request. */
export function Sessions({ sessions, actions }: Props) {
  const router = useRouter()
  const [ending, setEnding] = useState<string | null>(null)
  const [asking, setAsking] = useState(false)
  const others = sessions.filter((s) => !s.current)
  return (
    <div className="card">
      <table className="grid-t mid stack">
        <thead>
          <tr>
            <th>{words.browser}</th>
            <th>{words.address}</th>
            <th>{words.started}</th>
            <th>{words.seen}</th>
            <th>
              <span className="vh">{words.end}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sessions.map((s) => {
            const name = browserOf(s.userAgent) ?? words.unknownBrowser
            return (
              <tr key={s.id}>
                <td className="tl font-medium">{name}</td>
                <td data-l={words.address}>
                  <span className="mono">{s.address}</span>
                </td>
                <td data-l={words.started}>
                  <Instant at={s.createdAt} />
                </td>
                <td data-l={words.seen}>
                  <Ago at={s.lastSeenAt} />
                </td>
                <td className="tr text-right">
                  {s.current ? (
                    <span className="tag">{words.thisOne}</span>
                  ) : (
                    <button
                      type="button"
                      className="btn s"
                      aria-label={words.endOf(`${name}, ${s.address}`)}
                      aria-disabled={ending === s.id}
                      onClick={async () => {
                        if (ending) return
                        setEnding(s.id)
                        const reply = await send(() => actions.endSession({ sessionId: s.id }))
                        setEnding(null)
                        if (reply.ok) toast(words.ended, 'over')
                        router.refresh()
                      }}
                    >
                      {words.end}
                    </button>
                  )}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
      {others.length > 0 && (
        <div className="card-f justify-end">
          <button type="button" className="btn s danger" onClick={() => setAsking(true)}>
            {words.endOthers}
          </button>
        </div>
      )}
      <Suspense fallback={null}>
        {asking && (
          <ConfirmDialog
            title={words.endOthersTitle}
            text={words.endOthersText}
            go={words.endOthers}
            said={changeRefusals}
            onClose={() => setAsking(false)}
            run={async () => {
              const reply = await send(() => actions.endOtherSessions())
              if (!reply.ok) return { error: reply.error, retryAt: reply.retryAt }
              setAsking(false)
              toast(words.othersEnded(reply.value.ended), 'over')
              router.refresh()
              return null
            }}
          />
        )}
      </Suspense>
    </div>
  )
}
