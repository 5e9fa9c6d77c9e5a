import { initials } from '@/components/ui/format'
import { Check, Minus } from '@/components/ui/icons'
import { Ago } from '@/components/ui/instant'
import { Badge } from '@/components/ui/parts'
import { can, type Permission, permissions, roles } from '@/lib/access/model'
import type { StaffRow } from '@/lib/team/model'
import { roleWords } from '@/lib/words/common'
import { permissionWords, staffWords as words } from '@/lib/words/staff'

/** The people, and what each role may do: made from the list that the code enforces. */
export function StaffPage({ staff }: { staff: StaffRow[] }) {
  return (
    <>
      <section className="card mt-7" aria-label={words.people}>
        <table className="grid-t mid stack">
          <thead>
            <tr>
              <th>{words.person}</th>
              <th>{words.role}</th>
              <th>{words.lastSignIn}</th>
              <th>{words.twoFactor}</th>
            </tr>
          </thead>
          <tbody>
            {staff.map((p) => (
              <tr key={p.personId}>
                <td className="tl">
                  <span className="flex items-center gap-3">
                    <span className="avatar l" aria-hidden="true">
                      {initials(p.name)}
                    </span>
                    <span className="min-w-0">
                      <span className="block truncate font-medium">
                        {p.name} {p.you && <span className="tag ml-1">{words.you}</span>}
                      </span>
                      <span className="sub truncate">{p.email}</span>
                    </span>
                  </span>
                </td>
                <td data-l={words.role}>
                  <span>{roleWords[p.role]}</span>
                </td>
                <td data-l={words.lastSignIn}>
                  {p.lastSignIn ? (
                    <span>
                      <Ago at={p.lastSignIn.at} />
                      <span className="sub mono">{p.lastSignIn.address}</span>
                    </span>
                  ) : (
                    <span className="text-ink-3">{words.never}</span>
                  )}
                </td>
                <td data-l={words.twoFactor}>
                  <span>
                    <Factors row={p} />
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <section className="card mt-6" aria-labelledby="what">
        <div className="card-h">
          <div>
            <h2 id="what">{words.whatTitle}</h2>
            <p className="text-small text-ink-2">{words.what}</p>
          </div>
        </div>
        <table className="grid-t roles">
          <thead>
            <tr>
              <th scope="col">{words.action}</th>
              {roles.map((r) => (
                <th key={r} scope="col">
                  {roleWords[r]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {(Object.keys(permissions) as Permission[]).map((permission) => (
              <tr key={permission}>
                <th scope="row">{permissionWords[permission]}</th>
                {roles.map((r) => (
                  <td key={r}>
                    {can(r, permission) ? (
                      <span className="text-open">
                        <Check />
                        <span className="vh">{words.yes}</span>
                      </span>
                    ) : (
                      <span className="text-ink-3">
                        <Minus />
                        <span className="vh">{words.no}</span>
                      </span>
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  )
}

function Factors({ row }: { row: StaffRow }) {
  if (row.signInFactor && row.operationsFactor) return <Badge tone="open">{words.both}</Badge>
  if (row.signInFactor) return <Badge tone="warn">{words.noOperations}</Badge>
  return <Badge tone="warn">{row.operationsFactor ? words.noSignIn : words.neither}</Badge>
}
