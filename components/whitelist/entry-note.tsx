import { Instant } from '@/components/ui/instant'
import type { WhitelistEntryView } from '@/lib/whitelist/model'
import { whitelistWords as words } from '@/lib/words/whitelist'

export const isExpired = (e: WhitelistEntryView, now: number | null): boolean =>
  e.expiresAt !== null && now !== null && e.expiresAt.getTime() <= now

export function EntryNote({
  entry,
  now,
  note = entry.note,
}: {
  entry: WhitelistEntryView
  now: number | null
  note?: string
}) {
  if (!note && !entry.expiresAt) return null
  return (
    <span className="nt">
      {note}
      {note && entry.expiresAt && ', '}
      {entry.expiresAt &&
        (isExpired(entry, now) ? (
          words.expired
        ) : (
          <>
            {words.until} <Instant at={entry.expiresAt} show="date" />
          </>
        ))}
    </span>
  )
}
