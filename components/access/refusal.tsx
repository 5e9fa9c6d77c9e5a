'use client'
import { useNow } from '@/components/ui/clock'
import { Clock } from '@/components/ui/icons'
import { Instant, TimeLeft } from '@/components/ui/instant'
import { Note } from '@/components/ui/parts'
import { errorWords } from '@/lib/words/common'
import { confirmWords as words } from '@/lib/words/confirm'
import { tryAgainAt } from '@/lib/words/sign-in'

/** What a reply said no with. `lost`: no answer arrived. */
export type Problem<E extends string = string> = { error: E | 'lost'; retryAt?: Date | undefined }
export type Said = Record<string, { title: string; text: string }>

/** A refusal in words: what happened, what it means, what to do. */
export function RefusalNote({ problem, said, id }: { problem: Problem; said: Said; id?: string }) {
  if (problem.error === 'code_already_used') return <UsedCode retryAt={problem.retryAt} id={id} />
  const text =
    problem.error === 'lost' ? { title: errorWords.lostTitle, text: errorWords.lostText } : said[problem.error]
  const tone = ['too_many_attempts', 'lost', 'wrong_code', 'wrong_password'].includes(problem.error) ? 'stop' : 'warn'
  return (
    <div id={id}>
      <Note tone={tone} role="alert">
        <p>
          <b>{text?.title}</b> {text?.text}{' '}
          {problem.retryAt && (
            <>
              {tryAgainAt} <TimeLeft at={problem.retryAt} after="" /> (<Instant at={problem.retryAt} />
              ).
            </>
          )}
        </p>
      </Note>
    </div>
  )
}

/** No mistake of theirs: neutral boxes, an ochre note, and when the next code comes. */
function UsedCode({ retryAt, id }: { retryAt?: Date | undefined; id?: string | undefined }) {
  const now = useNow(500)
  const next = retryAt?.getTime() ?? (now === null ? 0 : Math.ceil(now / 30_000) * 30_000)
  const seconds = now === null ? 30 : Math.ceil((next - now) / 1000)
  return (
    <div id={id}>
      <Note tone="warn" icon={<Clock />} role="status">
        <p>
          <b>{words.usedTitle}</b> {words.usedText} {seconds > 0 ? words.usedNext(seconds) : words.usedReady}
        </p>
      </Note>
    </div>
  )
}
