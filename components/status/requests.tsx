'use client'
import { type KeyboardEvent, useState } from 'react'
import { inZone } from '@/components/ui/format'
import { Instant, useHydrated } from '@/components/ui/instant'
import type { Status } from '@/lib/status/model'
import { count } from '@/lib/words/number'
import { groupNames, type RefusalGroup, statusWords as words } from '@/lib/words/status'

type Props = {
  hours: Status['hours']
  accepted: number
  refused: number
  groups: { group: RefusalGroup; calls: number }[]
}

const LINE = 150
const UP = 120
const DOWN = 44

/** The gate line: accepted above it, refused below on their own scale. Arrows walk the columns and a live region reads them. */
export function Requests({ hours, accepted, refused, groups }: Props) {
  const [table, setTable] = useState(false)
  const [at, setAt] = useState<number | null>(null)
  const local = useHydrated()
  const topAccepted = nice(Math.max(1, ...hours.map((h) => h.accepted)))
  const topRefused = nice(Math.max(1, ...hours.map((h) => h.refused)))
  const clock = (d: Date) => `${String(local ? d.getHours() : d.getUTCHours()).padStart(2, '0')}:00`
  const picked = at === null ? null : hours[at]

  const walk = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (!step) return
    event.preventDefault()
    setAt((now) => Math.min(hours.length - 1, Math.max(0, (now ?? (step > 0 ? -1 : hours.length)) + step)))
  }

  return (
    <>
      <div className="card-h">
        <h2 id="requests">
          {words.requests} <span className="font-normal text-ink-2">{words.day}</span>
        </h2>
        <button type="button" className="btn s ghost" aria-pressed={table} onClick={() => setTable(!table)}>
          {table ? words.asChart : words.asTable}
        </button>
      </div>
      <div className="card-b">
        <ul className="mb-2.5 flex flex-wrap gap-x-4.5 gap-y-1 text-small">
          <Legend className="c-accepted" name={words.accepted} calls={accepted} />
          {groups
            .filter((g) => g.calls > 0)
            .map((g) => (
              <Legend key={g.group} className={`c-${g.group}`} name={groupNames[g.group]} calls={g.calls} />
            ))}
        </ul>
        {table ? (
          <table className="grid-t">
            <thead>
              <tr>
                <th>{words.hour}</th>
                <th className="text-right">{words.accepted}</th>
                <th className="text-right">{words.refused}</th>
              </tr>
            </thead>
            <tbody>
              {hours.map((h) => (
                <tr key={h.from.getTime()}>
                  <td>
                    <Instant at={h.from} />
                  </td>
                  <td className="text-right">{count(h.accepted)}</td>
                  <td className="text-right">{count(h.refused)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : (
          <>
            <svg
              viewBox="0 0 860 216"
              className="chart"
              role="img"
              // biome-ignore lint/a11y/noNoninteractiveTabindex: the columns are walked with the arrow keys.
              tabIndex={0}
              aria-label={words.chart(count(accepted), count(refused))}
              onKeyDown={walk}
              onBlur={() => setAt(null)}
            >
              <path
                className="grid-line"
                d={`M44 ${LINE - UP}H860M44 ${LINE - UP / 2}H860M44 ${LINE + 6 + DOWN}H860`}
              />
              <text x="36" y={LINE - UP + 4} textAnchor="end">
                {count(topAccepted)}
              </text>
              <text x="36" y={LINE - UP / 2 + 4} textAnchor="end">
                {count(topAccepted / 2)}
              </text>
              <text x="36" y={LINE + 4} textAnchor="end">
                0
              </text>
              <text x="36" y={LINE + DOWN + 10} textAnchor="end">
                {count(topRefused)}
              </text>
              {hours.map((h, i) => {
                const x = 50 + i * 34
                const up = (UP * h.accepted) / topAccepted
                const down = (DOWN * h.refused) / topRefused
                return (
                  <g key={h.from.getTime()} className={at !== null && at !== i ? 'opacity-40' : undefined}>
                    {h.accepted > 0 && (
                      <rect
                        className="chart-accepted"
                        fill="currentColor"
                        x={x}
                        y={LINE - 3 - Math.max(1.5, up)}
                        width="22"
                        height={Math.max(1.5, up)}
                        rx="1.5"
                      />
                    )}
                    {h.refused > 0 && (
                      <rect
                        className="chart-address"
                        fill="currentColor"
                        x={x}
                        y={LINE + 3}
                        width="22"
                        height={Math.max(1.5, down)}
                        rx="1.5"
                      />
                    )}
                    {i % 4 === 0 && (
                      <text x={x + 11} y="214" textAnchor="middle">
                        {clock(h.from)}
                      </text>
                    )}
                  </g>
                )
              })}
              <path className="zero-line" d={`M44 ${LINE}H860`} />
            </svg>
            <p className="mt-2 text-caption text-ink-3" aria-live="polite">
              {picked
                ? `${local ? inZone(picked.from) : ''}: ${count(picked.accepted)} ${words.accepted.toLowerCase()}, ${count(picked.refused)} ${words.refused.toLowerCase()}`
                : words.axis(count(topAccepted), count(topRefused))}
            </p>
          </>
        )}
      </div>
    </>
  )
}

const Legend = ({ className, name, calls }: { className: string; name: string; calls: number }) => (
  <li className="flex items-center gap-1.5">
    <span className={`swatch ${className}`} />
    <span className="text-ink-2">{name}</span> <span className="font-medium">{count(calls)}</span>
  </li>
)

/** The next round number with a whole half, so that the axis can be read. */
function nice(n: number): number {
  if (n <= 4) return n <= 2 ? 2 : 4
  const power = 10 ** Math.floor(Math.log10(n))
  return [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].map((f) => f * power).find((x) => x >= n && x % 2 === 0) ?? n
}
