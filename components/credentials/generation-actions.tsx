'use client'
import { useRouter } from 'next/navigation'
import { lazy, Suspense, useState } from 'react'
import type { ApiActions, Where } from '@/components/actions'
import { useNow } from '@/components/ui/clock'
import { inZone } from '@/components/ui/format'
import { send } from '@/components/ui/send'
import { toast } from '@/components/ui/toast'
import { overlapMs } from '@/lib/credentials/model'
import {
  acknowledgeRefusals,
  discardRefusals,
  endOverlapRefusals,
  endOverlapWords,
  credentialWords as words,
} from '@/lib/words/api'
import { errorWords } from '@/lib/words/common'

const ConfirmDialog = lazy(() =>
  import('@/components/access/confirm-dialog').then((m) => ({ default: m.ConfirmDialog })),
)

type Waiting = {
  generationId: string
  where: Where
  unconfirmed?: boolean
  /** There is a current pair that goes on. */
  hasCurrent: boolean
  actions: Pick<ApiActions, 'acknowledge' | 'discard'>
}

/** A pair that waits for a person: keep it, or throw it away. */
export function WaitingActions({ generationId, where, unconfirmed = false, hasCurrent, actions }: Waiting) {
  const router = useRouter()
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<string | null>(null)

  return (
    <span className="waiting-actions flex flex-wrap items-center gap-2">
      {failed && (
        <span className="text-small text-stop" role="alert">
          {failed}
        </span>
      )}
      <button type="button" className="btn s" onClick={() => setAsking(true)}>
        {words.discard}
      </button>
      <button
        type="button"
        className="btn s p"
        aria-disabled={busy}
        onClick={async () => {
          if (busy) return
          setBusy(true)
          const reply = await send(() => actions.acknowledge(where.merchantId, { generationId }))
          setBusy(false)
          if (!reply.ok)
            setFailed(reply.error === 'lost' ? errorWords.lostTitle : acknowledgeRefusals[reply.error].title)
          else toast(words.kept)
          router.refresh()
        }}
      >
        {unconfirmed ? words.keep : words.saved}
      </button>
      <Suspense fallback={null}>
        {asking && (
          <ConfirmDialog
            title={words.discardTitle}
            text={hasCurrent ? words.discardText : words.discardTextFirst}
            go={words.discard}
            said={discardRefusals}
            onClose={() => setAsking(false)}
            run={async () => {
              const reply = await send(() => actions.discard(where.merchantId, { generationId }))
              if (!reply.ok) return { error: reply.error, retryAt: reply.retryAt }
              setAsking(false)
              toast(hasCurrent ? words.discarded : words.discardedFirst, 'over')
              router.refresh()
              return null
            }}
          />
        )}
      </Suspense>
    </span>
  )
}

type Overlap = {
  endsAt: Date
  hostsLastHour: number
  mayEnd: boolean
  where: Where
  actions: Pick<ApiActions, 'endOverlap' | 'shortenOverlap'>
}

/** The old pair: end it now, or bring its end nearer. */
export function OverlapActions({ endsAt, hostsLastHour, mayEnd, where, actions }: Overlap) {
  const router = useRouter()
  const [asking, setAsking] = useState<'end' | 'shorten' | null>(null)
  const [lasts, setLasts] = useState<'1_hour' | '24_hours'>('1_hour')
  const now = useNow(10_000)
  const offered = (['1_hour', '24_hours'] as const).filter((o) => now !== null && now + overlapMs[o] < endsAt.getTime())
  const w = endOverlapWords

  return (
    <span className="flex flex-wrap items-center gap-2">
      {offered.length > 0 && (
        <button type="button" className="btn s" onClick={() => setAsking('shorten')}>
          {words.shorten}
        </button>
      )}
      {mayEnd && (
        <button type="button" className="btn s danger" onClick={() => setAsking('end')}>
          {words.endNow}
        </button>
      )}
      <Suspense fallback={null}>
        {asking === 'end' && (
          <ConfirmDialog
            title={w.endTitle}
            text={w.endText(hostsLastHour)}
            go={w.endGo}
            said={endOverlapRefusals}
            onClose={() => setAsking(null)}
            run={async () => {
              const reply = await send(() => actions.endOverlap(where.merchantId))
              if (!reply.ok) return { error: reply.error, retryAt: reply.retryAt }
              setAsking(null)
              toast(w.ended, 'over')
              router.refresh()
              return null
            }}
          />
        )}
        {asking === 'shorten' && (
          <ConfirmDialog
            title={w.shortenTitle}
            go={w.shortenGo}
            danger={false}
            said={endOverlapRefusals}
            text={
              <>
                <p>{w.shortenText}</p>
                <fieldset className="mt-3 text-ink">
                  <legend className="lbl mb-1.5">{w.shortenWhen}</legend>
                  <div className="opts">
                    {offered.map((o) => (
                      <label key={o} className="opt">
                        <input type="radio" name="lasts" checked={lasts === o} onChange={() => setLasts(o)} />
                        <b>{o === '1_hour' ? w.inOneHour : w.inOneDay}</b>
                        {now !== null && (
                          <span className="why">
                            {w.at} {inZone(new Date(now + overlapMs[o]))}.
                          </span>
                        )}
                      </label>
                    ))}
                  </div>
                </fieldset>
              </>
            }
            onClose={() => setAsking(null)}
            run={async () => {
              const reply = await send(() => actions.shortenOverlap(where.merchantId, { lasts }))
              if (!reply.ok) return { error: reply.error, retryAt: reply.retryAt }
              setAsking(null)
              toast(w.shortened)
              router.refresh()
              return null
            }}
          />
        )}
      </Suspense>
    </span>
  )
}
