'use client'
import { Arch } from '@/components/ui/arch'
import { commonWords, errorWords as words } from '@/lib/words/common'

/** Says what is still safe, gives a reference and a way on. The message itself stays on the server. */
export function ErrorCard({ digest, retry }: { digest?: string | undefined; retry: () => void }) {
  return (
    <div className="card w-full" role="alert">
      <div className="empty">
        <Arch tone="stop" className="is-stop" />
        <h1 className="text-dialog">{words.title}</h1>
        <p>{words.text}</p>
        {digest && (
          <p className="text-small">
            {words.reference} <span className="mono">{digest}</span>
          </p>
        )}
        <button type="button" className="btn p" onClick={retry}>
          {commonWords.tryAgain}
        </button>
      </div>
    </div>
  )
}
