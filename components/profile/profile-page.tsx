import { PageHead } from '@/components/shell/page-head'
import { Ago, Instant } from '@/components/ui/instant'
import { Badge, Section } from '@/components/ui/parts'
import type { FactorPurpose, FactorView, SecurityView } from '@/lib/access/model'
import { factorWords, profileWords as words } from '@/lib/words/profile'
import { EnrolButton } from './enrol-button'
import { PasswordButton } from './password-button'
import type { ProfileActions } from './profile-actions'
import { Sessions } from './sessions'

type Props = { security: SecurityView; now: Date; actions: ProfileActions }

/** Two factor cards, the password, the sessions. */
export function ProfilePage({ security, now, actions }: Props) {
  const { startEnrolment, finishEnrolment, changePassword, endSession, endOtherSessions } = actions
  const card = (purpose: FactorPurpose, factor: FactorView) => (
    <div className="card">
      <div className="card-h">
        <h3 className="flex flex-wrap items-center gap-x-2.5 gap-y-1.5">
          {factorWords[purpose].name} <FactorBadge factor={factor} now={now} />
        </h3>
        <EnrolButton
          purpose={purpose}
          enrolled={factor !== null}
          hasSignIn={security.signIn !== null}
          actions={{ startEnrolment, finishEnrolment }}
        />
      </div>
      <div className="card-b text-small text-ink-2">
        <p>{factorWords[purpose].why}</p>
        {factor && (
          <p className="mt-1">
            {words.since} <Instant at={factor.enrolledAt} />.
            {factor.usableFrom && factor.usableFrom > now && (
              <>
                {' '}
                {words.usableFrom} <Instant at={factor.usableFrom} />. {words.waitsWhy}
              </>
            )}
          </p>
        )}
      </div>
    </div>
  )
  return (
    <>
      <PageHead title={words.title} why={words.why} />
      <div className="border-t border-line">
        <Section id="factors" title={words.factors} why={<p>{words.factorsWhy}</p>}>
          {card('sign_in', security.signIn)}
          {card('operations', security.operations)}
        </Section>
        <Section id="password" title={words.password} why={<p>{words.passwordWhy}</p>}>
          <div className="card">
            <div className="row">
              <div className="lab">{words.password}</div>
              <div className="val text-ink-2">
                {words.changed} <Ago at={security.passwordChangedAt} />
              </div>
              <PasswordButton hasSignIn={security.signIn !== null} changePassword={changePassword} />
            </div>
          </div>
        </Section>
        <Section id="sessions" title={words.sessions} why={<p>{words.sessionsWhy}</p>}>
          <Sessions sessions={security.sessions} actions={{ endSession, endOtherSessions }} />
        </Section>
      </div>
    </>
  )
}

function FactorBadge({ factor, now }: { factor: FactorView; now: Date }) {
  if (!factor) return <Badge tone="warn">{words.missing}</Badge>
  if (factor.usableFrom && factor.usableFrom > now) return <Badge tone="wait">{words.waits}</Badge>
  return <Badge tone="open">{words.set}</Badge>
}
