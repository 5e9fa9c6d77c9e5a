import type { ApiActions } from '@/components/actions'
import { Check } from '@/components/ui/icons'
import { Ago, EndsIn, Instant } from '@/components/ui/instant'
import { Badge, Empty, Section } from '@/components/ui/parts'
import { can, type MerchantState, type Role } from '@/lib/access/model'
import { type ApiUserView, type GenerationView, maskPublicId } from '@/lib/credentials/model'
import { credentialWords as words } from '@/lib/words/api'
import { commonWords } from '@/lib/words/common'
import { CopyKey } from './copy-key'
import { OverlapActions, WaitingActions } from './generation-actions'
import { RegenerateButton, type RegenerateFacts, RegenerateHost } from './regenerate-host'

type Props = {
  apiUser: ApiUserView
  role: Role
  /** Nothing can be generated before an operator has activated the account, nor while it is suspended. */
  merchantState: MerchantState
  facts: RegenerateFacts
  actions: ApiActions
}

/** *Your API access credentials*: what passes now, what waits and what ends. The secret is not among its props. */
export function CredentialsSection({ apiUser, role, merchantState, facts, actions }: Props) {
  const { current, retiring, pending, unconfirmed } = apiUser
  const active = merchantState === 'active'
  const mayRegenerate = can(role, 'credentials.regenerate')
  const why = retiring ? words.waitsOverlap : unconfirmed ? words.waitsUnconfirmed : null
  const nothing = !current && !retiring && !pending && !unconfirmed

  return (
    <Section id="credentials" title={words.title} why={<p>{words.why}</p>}>
      <RegenerateHost facts={facts} actions={actions}>
        <div className="card">
          {unconfirmed && (
            <>
              <div className="card-h warn">
                <h3 className="flex flex-wrap items-center gap-x-2.5 gap-y-1.5">
                  {words.unconfirmed} <Badge tone="warn">{words.needsYou}</Badge>
                </h3>
                {mayRegenerate && active && (
                  <WaitingActions
                    generationId={unconfirmed.id}
                    where={facts.where}
                    unconfirmed
                    hasCurrent={current !== null}
                    actions={{ acknowledge: actions.acknowledge, discard: actions.discard }}
                  />
                )}
              </div>
              <div className="card-b grid gap-3">
                <p className="text-small text-ink-2">{words.unconfirmedText}</p>
                <Facts g={unconfirmed} />
              </div>
            </>
          )}
          {pending && (
            <>
              <div className="card-h wait">
                <h3 className="flex flex-wrap items-center gap-x-2.5 gap-y-1.5">
                  {words.pending}{' '}
                  <Badge tone="wait">
                    <EndsIn
                      at={pending.pendingUntil}
                      verb={pending.firstUsedAt ? words.pendingWaits : words.pendingLeft}
                      over={pending.firstUsedAt ? words.pendingWaits : words.pendingLeft}
                    />
                  </Badge>
                </h3>
                {mayRegenerate && active && (
                  <WaitingActions
                    generationId={pending.id}
                    where={facts.where}
                    hasCurrent={current !== null}
                    actions={{ acknowledge: actions.acknowledge, discard: actions.discard }}
                  />
                )}
              </div>
              <div className="card-b grid gap-3">
                <p className="text-small text-ink-2">{words.pendingText}</p>
                <Facts g={pending} />
              </div>
            </>
          )}
          {current && (
            <>
              <div className="card-h">
                <h3 className="flex flex-wrap items-center gap-x-2.5 gap-y-1.5">
                  {words.current}{' '}
                  {apiUser.on && merchantState !== 'suspended' ? (
                    <Badge tone="open">{words.active}</Badge>
                  ) : (
                    <Badge tone="over">{words.inactive}</Badge>
                  )}
                </h3>
                {mayRegenerate && (
                  <RegenerateButton disabled={!active || why !== null} {...(why ? { why: 'regenerate-why' } : {})} />
                )}
              </div>
              <div className="card-b">
                <Facts g={current} secret />
              </div>
            </>
          )}
          {nothing && (
            <Empty
              tone="wait"
              title={words.emptyTitle}
              text={`${words.emptyText} ${merchantState === 'pending' ? words.emptyPending : mayRegenerate ? '' : words.emptyNotYours}`}
            >
              {apiUser.lastEnded && (
                <p className="text-small">
                  {apiUser.lastEnded.state === 'discarded' ? words.lastDiscarded : words.lastRevoked}{' '}
                  <Instant at={apiUser.lastEnded.at} />:{' '}
                  <span className="mono">{maskPublicId(apiUser.lastEnded.publicId)}</span>
                </p>
              )}
              {mayRegenerate && <RegenerateButton primary disabled={!active} />}
            </Empty>
          )}
          {!current && !nothing && mayRegenerate && (
            <div className="card-f">
              <span>{why}</span>
              <RegenerateButton disabled={!active || why !== null} {...(why ? { why: 'regenerate-why' } : {})} />
            </div>
          )}
          {retiring?.retiresAt && (
            <>
              <div className="card-h retiring">
                <h3 className="flex flex-wrap items-center gap-x-2.5 gap-y-1.5">
                  {words.old}{' '}
                  <Badge tone="retiring">
                    <EndsIn at={retiring.retiresAt} verb={words.ends} over={words.ended} />
                  </Badge>
                </h3>
                {can(role, 'overlap.shorten') && merchantState !== 'pending' && (
                  <OverlapActions
                    endsAt={retiring.retiresAt}
                    hostsLastHour={retiring.hostsLastHour}
                    mayEnd={can(role, 'overlap.end')}
                    where={facts.where}
                    actions={{ endOverlap: actions.endOverlap, shortenOverlap: actions.shortenOverlap }}
                  />
                )}
              </div>
              <div className="card-b">
                <Facts g={retiring} hosts />
              </div>
            </>
          )}
          {(why || !mayRegenerate) && !nothing && (
            <p className="card-f" id="regenerate-why">
              {why ?? words.notYours}
            </p>
          )}
        </div>
      </RegenerateHost>
      <div className="card">
        <div className="card-b text-small">
          <h3 className="text-body font-semibold">{words.tipsTitle}</h3>
          <ul className="mt-2 grid gap-2 text-ink-2">
            {words.tips.map((tip) => (
              <li key={tip} className="flex gap-2">
                <Check size="s" className="mt-[3px]" />
                <span>{tip}</span>
              </li>
            ))}
          </ul>
        </div>
      </div>
    </Section>
  )
}

/** Key, fingerprint, origin and use of one pair. */
function Facts({ g, secret = false, hosts = false }: { g: GenerationView; secret?: boolean; hosts?: boolean }) {
  return (
    <dl className="kv">
      <dt>{words.key}</dt>
      <dd className="flex items-center gap-2">
        <CopyKey publicId={g.publicId} />
      </dd>
      {secret && (
        <>
          <dt>{words.secret}</dt>
          <dd className="text-ink-2">
            {words.shownOnce} <Instant at={g.createdAt} show="date" />. {words.notAgain}
          </dd>
        </>
      )}
      <dt>
        <abbr title={words.fingerprintWhy} className="no-underline">
          {words.fingerprint}
        </abbr>
      </dt>
      <dd className="mono">{g.fingerprint}</dd>
      <dt>{words.generated}</dt>
      <dd>
        <Instant at={g.createdAt} />, {commonWords.by} {g.createdBy}
      </dd>
      <dt>{words.lastUsed}</dt>
      <dd>
        {g.lastUsed ? (
          <>
            <Ago at={g.lastUsed.at} />, {commonWords.from} <span className="mono">{g.lastUsed.from}</span>;{' '}
            {words.calls(g.lastUsed.calls)}
          </>
        ) : (
          words.unused
        )}
        {hosts && <span className="block text-ink-2">{words.hostsStill(g.hostsLastHour)}</span>}
      </dd>
    </dl>
  )
}
