import Link from 'next/link'
import { Arch } from '@/components/ui/arch'
import { Circle, CircleCheck } from '@/components/ui/icons'
import { factorsMissingWords, notAllowedWords as words } from '@/lib/words/shell'

/** Says who may. */
export function NotAllowed({ what, home }: { what: 'accessList' | 'activity'; home: string }) {
  return (
    <div className="card mt-7">
      <div className="empty">
        <Arch tone="over" />
        <h1 className="text-dialog">{words.title}</h1>
        <p>
          {words[what]} {words.ask}
        </p>
        <Link className="btn" href={home}>
          {words.home}
        </Link>
      </div>
    </div>
  )
}

/** Root, Owner and Admin, before both code generators are set up. */
export function FactorsMissing({
  signIn,
  operations,
  profile,
}: {
  signIn: boolean
  operations: boolean
  profile: string
}) {
  const w = factorsMissingWords
  const rows = [
    [w.missing.signIn, signIn],
    [w.missing.operations, operations],
  ] as const
  return (
    <div className="card mt-7">
      <div className="empty">
        <Arch tone="warn" />
        <h1 className="text-dialog">{w.title}</h1>
        <p>{w.text}</p>
        <ul className="check mt-2 text-left">
          {rows.map(([name, set]) => (
            <li key={name} className={set ? undefined : 'todo'}>
              {set ? <CircleCheck /> : <Circle />}
              <span>
                {name}: {set ? w.isSet : w.isMissing}
              </span>
            </li>
          ))}
        </ul>
        <Link className="btn p" href={profile}>
          {w.go}
        </Link>
      </div>
    </div>
  )
}
