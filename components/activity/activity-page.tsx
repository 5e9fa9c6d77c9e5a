import Link from 'next/link'
import type { ReactNode } from 'react'
import { PageHead } from '@/components/shell/page-head'
import { ChevronLeft, ChevronRight } from '@/components/ui/icons'
import { Instant } from '@/components/ui/instant'
import { Badge, Empty } from '@/components/ui/parts'
import { type ActivityEntry, type ActivityFilter, auditActions, type ActivityPage as Page } from '@/lib/activity/model'
import { actionWords, detailValue, detailWords, activityWords as words } from '@/lib/words/activity'

type Props = {
  page: Page
  filter: ActivityFilter
  /** The page's own path: filters and cursor stand in the URL. */
  path: string
  people: { personId: string; name: string }[]
}

/** The audit trail, newest first, one page by keyset. */
export function ActivityPage({ page, filter, path, people }: Props) {
  const filtered = Boolean(filter.action || filter.personId)
  return (
    <>
      <PageHead title={words.title} why={words.why} />
      <form className="flex flex-wrap items-end gap-2 pb-3.5" action={path} method="get">
        <Select name="action" label={words.filterWhat} value={filter.action ?? ''} all={words.all}>
          {auditActions.map((a) => (
            <option key={a} value={a}>
              {actionWords[a]}
            </option>
          ))}
        </Select>
        <Select name="person" label={words.filterWho} value={filter.personId ?? ''} all={words.everybody}>
          {people.map((p) => (
            <option key={p.personId} value={p.personId}>
              {p.name}
            </option>
          ))}
        </Select>
        <button type="submit" className="btn">
          {words.filter}
        </button>
        {filtered && (
          <Link className="btn ghost" href={path}>
            {words.clear}
          </Link>
        )}
      </form>
      <section className="card" aria-label={words.title}>
        {page.entries.length === 0 ? (
          filtered ? (
            <Empty tone="over" title={words.noMatchTitle} text={words.noMatchText}>
              <Link className="btn" href={path}>
                {words.clear}
              </Link>
            </Empty>
          ) : (
            <Empty tone="wait" title={words.emptyTitle} text={words.emptyText} />
          )
        ) : (
          <>
            <table className="grid-t stack">
              <thead>
                <tr>
                  <th>{words.what}</th>
                  <th>{words.who}</th>
                  <th>{words.when}</th>
                  <th>{words.where}</th>
                  <th>{words.result}</th>
                  <th title={words.chainWhy}>{words.chain}</th>
                </tr>
              </thead>
              <tbody>
                {page.entries.map((e) => (
                  <Row key={`${e.chain}${e.seq}`} entry={e} />
                ))}
              </tbody>
            </table>
            <nav className="pager" aria-label={words.title}>
              <span>{words.shown(page.entries.length)}</span>
              <span className="flex gap-2">
                <Turn path={path} filter={filter} cursor={page.newer} direction="newer" />
                <Turn path={path} filter={filter} cursor={page.older} direction="older" />
              </span>
            </nav>
          </>
        )}
      </section>
    </>
  )
}

function Row({ entry: e }: { entry: ActivityEntry }) {
  const who =
    e.actor || (e.actorKind === 'operator' ? words.operator : e.actorKind === 'system' ? words.system : words.nobody)
  const details = Object.entries(e.detail).filter(
    ([, v]) => v !== null && v !== '' && !(Array.isArray(v) && v.length === 0),
  )
  return (
    <tr>
      <td className="tl">
        <span className="font-medium">{actionWords[e.action] ?? e.action}</span>
        {details.length > 0 && (
          <span className="sub break-words">
            {details.map(([k, v], i) => (
              <span key={k}>
                {i > 0 && ' · '}
                {detailWords[k] ?? k}: <bdi>{show(v)}</bdi>
              </span>
            ))}
          </span>
        )}
      </td>
      <td data-l={words.who}>
        <bdi>{who}</bdi>
      </td>
      <td data-l={words.when}>
        <Instant at={e.at} show="seconds" />
      </td>
      <td data-l={words.where}>
        <span className="mono">{e.address ?? '–'}</span>
      </td>
      <td className="tr">
        {e.result === 'ok' ? <Badge tone="open">{words.ok}</Badge> : <Badge tone="stop">{words.refused}</Badge>}
      </td>
      <td data-l={words.chain}>
        <span className="mono text-ink-3">{e.hash}</span>
      </td>
    </tr>
  )
}

const show = (v: string | number | boolean | null | string[]): string =>
  Array.isArray(v)
    ? v.slice(0, 6).join(', ') + (v.length > 6 ? ` ${detailValue.more(v.length - 6)}` : '')
    : v === true
      ? detailValue.yes
      : v === false
        ? detailValue.no
        : /^[a-z0-9_]+$/.test(String(v))
          ? String(v).replaceAll('_', ' ')
          : String(v)

type SelectProps = { name: string; label: string; value: string; all: string; children: ReactNode }
const Select = ({ name, label, value, all, children }: SelectProps) => (
  <label className="grid gap-1 text-caption text-ink-2">
    {label}
    <select className="in text-body text-ink" name={name} defaultValue={value}>
      <option value="">{all}</option>
      {children}
    </select>
  </label>
)

type TurnProps = { path: string; filter: ActivityFilter; cursor: string | null; direction: 'newer' | 'older' }
function Turn({ path, filter, cursor, direction }: TurnProps) {
  const label = direction === 'newer' ? words.newer : words.older
  const inside = (
    <>
      {direction === 'newer' && <ChevronLeft size="s" />}
      {label}
      {direction === 'older' && <ChevronRight size="s" />}
    </>
  )
  if (!cursor)
    return (
      <span className="btn s" aria-disabled="true">
        {inside}
      </span>
    )
  const query = new URLSearchParams({
    ...(filter.action ? { action: filter.action } : {}),
    ...(filter.personId ? { person: filter.personId } : {}),
    cursor,
    direction,
  })
  return (
    <Link className="btn s" href={`${path}?${query}`}>
      {inside}
    </Link>
  )
}
