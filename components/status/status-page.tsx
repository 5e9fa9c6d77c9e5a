import Link from 'next/link'
import { PageHead } from '@/components/shell/page-head'
import { Arch, type Tone } from '@/components/ui/arch'
import { Circle, CircleCheck } from '@/components/ui/icons'
import { Ago, Instant } from '@/components/ui/instant'
import { Empty } from '@/components/ui/parts'
import { type News, type Status, severity } from '@/lib/status/model'
import { count } from '@/lib/words/number'
import {
  checklistWords,
  newsWords,
  refusalGroups,
  refusalReason,
  verdicts,
  statusWords as words,
} from '@/lib/words/status'
import { Newer } from './newer'
import { Requests } from './requests'

type Props = {
  status: Status
  pulse: string
  pulsePath: string
  base: string
  mayOpenAccessList: boolean
  mayOpenActivity: boolean
}

/** Everyone's home: one verdict, the worst news first with its cure, a checklist that ticks itself. */
export function StatusPage({ status, pulse, pulsePath, base, mayOpenAccessList, mayOpenActivity }: Props) {
  const first = status.news[0]
  const tone: Tone = first ? severity[first.kind] : status.lastRequest ? 'open' : 'over'
  const verdict = first ? verdicts[severity[first.kind]] : status.lastRequest ? verdicts.ok : verdicts.new
  const done = status.checklist.filter((c) => c.done).length
  const may = { api: mayOpenAccessList, activity: mayOpenActivity }
  const href = { api: `${base}/access/api`, activity: `${base}/activity` }

  return (
    <>
      <PageHead title={words.title}>
        <Newer pulse={pulse} path={pulsePath} />
      </PageHead>
      <section className="card verdict" aria-label={verdict.title}>
        <div className="verdict-s">
          <p className="flex items-center gap-2.5 text-verdict">
            <Arch tone={tone} className={`is-${tone} verdict-arch`} />
            {verdict.title}
          </p>
          <p className="text-small text-ink-2">{verdict.text}</p>
          <dl>
            <div>
              <dt>{words.lastRequest}</dt>
              <dd>{status.lastRequest ? <Ago at={status.lastRequest.at} /> : words.none}</dd>
            </div>
            <div>
              <dt>{words.apiUser}</dt>
              <dd className={status.apiUserOn ? 'text-open' : undefined}>{status.apiUserOn ? words.on : words.off}</dd>
            </div>
            <div>
              <dt>{words.whitelist}</dt>
              <dd>{status.whitelist.state === 'on' ? words.entries(status.whitelist.entries) : words.off}</dd>
            </div>
          </dl>
        </div>
        {status.news.length > 0 ? (
          <ul>
            {status.news.map((news) => (
              <NewsLine key={keyOf(news)} news={news} may={may} href={href} />
            ))}
          </ul>
        ) : (
          <p className="grid place-items-center p-6 text-ink-2">
            {status.lastRequest ? words.noNews : words.noNewsYet}
          </p>
        )}
      </section>
      <div className="status">
        <section className="card" aria-labelledby="requests">
          {status.lastRequest === null ? (
            <Empty tone="wait" title={words.emptyTitle} text={words.emptyText}>
              {mayOpenAccessList && (
                <Link className="btn" href={href.api}>
                  {words.emptyGo}
                </Link>
              )}
            </Empty>
          ) : (
            <>
              <Requests
                hours={status.hours}
                accepted={status.accepted}
                refused={status.refused.reduce((n, r) => n + r.calls, 0)}
                groups={refusalGroups.map((group) => ({
                  group,
                  calls: status.refused
                    .filter((r) => refusalReason(r.reason).group === group)
                    .reduce((n, r) => n + r.calls, 0),
                }))}
              />
              {status.refused.length > 0 && <Reasons refused={status.refused} />}
            </>
          )}
        </section>
        <section className="card" aria-labelledby="set-up">
          <div className="card-h">
            <h2 id="set-up">{words.setUp}</h2>
            <span className="text-small text-ink-2">{words.of(done, status.checklist.length)}</span>
          </div>
          <div className="card-b">
            <svg className="progress mb-3" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
              <rect width={(100 * done) / status.checklist.length} height="4" fill="currentColor" />
            </svg>
            <ul className="check">
              {[...status.checklist]
                .sort((a, b) => Number(a.done) - Number(b.done))
                .map(({ item, done: ticked }) => (
                  <li key={item} className={ticked ? undefined : 'todo'}>
                    {ticked ? <CircleCheck /> : <Circle />}
                    <span>
                      {checklistWords[item].name}
                      {!ticked && <span className="sub">{checklistWords[item].todo}</span>}
                    </span>
                  </li>
                ))}
            </ul>
          </div>
        </section>
      </div>
    </>
  )
}

const keyOf = (n: News): string => `${n.kind}${'address' in n ? n.address : ''}${'publicId' in n ? n.publicId : ''}`

type LineProps = { news: News; may: Record<'api' | 'activity', boolean>; href: Record<'api' | 'activity', string> }

function NewsLine({ news, may, href }: LineProps) {
  const line = (newsWords[news.kind] as (n: News) => ReturnType<(typeof newsWords)['whitelist_off']>)(news)
  const tone = severity[news.kind]
  const at = whenOf(news)
  return (
    <li className="news">
      <Arch tone={tone} size="l" className={`is-${tone}`} />
      <div>
        <h2 className="font-semibold">{line.title}</h2>
        <p>
          {line.text} {at}
        </p>
      </div>
      {line.cure && line.to && may[line.to] && (
        <Link className={tone === 'stop' ? 'btn s p' : 'btn s'} href={href[line.to]}>
          {line.cure}
        </Link>
      )}
    </li>
  )
}

/** The instant of a piece of news, in a short sentence. */
function whenOf(news: News) {
  switch (news.kind) {
    case 'suspended':
    case 'waiting_for_activation':
    case 'address_refused':
      return (
        <>
          {words.since} <Instant at={news.since} />.
        </>
      )
    case 'discarded_used':
      return (
        <>
          {words.lastAt} <Instant at={news.at} />.
        </>
      )
    case 'overlap_running':
      return (
        <>
          {words.ends} <Instant at={news.endsAt} />.
        </>
      )
    case 'pending_pair':
      return (
        <>
          {words.until} <Instant at={news.pendingUntil} />.
        </>
      )
    default:
      return null
  }
}

/** Refusals by reason, the most frequent first, each with a bar. */
function Reasons({ refused }: { refused: Status['refused'] }) {
  const most = Math.max(...refused.map((r) => r.calls))
  return (
    <table className="grid-t mid border-t border-line">
      <thead>
        <tr>
          <th>{words.reason}</th>
          <th className="phone:hidden w-2/5">
            <span className="vh">{words.refused}</span>
          </th>
          <th className="text-right">{words.calls}</th>
        </tr>
      </thead>
      <tbody>
        {refused.slice(0, 8).map((r) => {
          const { name, group } = refusalReason(r.reason)
          return (
            <tr key={r.reason}>
              <td>
                <span className="flex items-center gap-2">
                  <span className={`swatch c-${group}`} />
                  {name}
                </span>
              </td>
              <td className="phone:hidden">
                <svg
                  className={`block h-2.5 w-full chart-${group}`}
                  viewBox="0 0 100 4"
                  preserveAspectRatio="none"
                  aria-hidden="true"
                >
                  <rect width={Math.max(1, (100 * r.calls) / most)} height="4" rx="1" fill="currentColor" />
                </svg>
              </td>
              <td className="text-right">{count(r.calls)}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
