'use client'
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useEffect, useRef, useState } from 'react'
import { CodeField } from '@/components/access/code-field'
import { type Problem, RefusalNote } from '@/components/access/refusal'
import type { ApiActions } from '@/components/actions'
import { Gate } from '@/components/ui/arch'
import { Plus } from '@/components/ui/icons'
import { Instant, TimeLeft } from '@/components/ui/instant'
import { send } from '@/components/ui/send'
import type { Proof, Revealed } from '@/lib/credentials/model'
import { explained, isReason } from '@/lib/gatekeeping/model'
import type { WhitelistChange } from '@/lib/whitelist/model'
import { proofWords as words } from '@/lib/words/api'
import { changeRefusals, confirmWords, passwordRefusals } from '@/lib/words/confirm'
import { whitelistRefusals } from '@/lib/words/whitelist'
import type { RegenerateFacts } from './regenerate-host'

type Props = {
  revealed: Revealed
  facts: RegenerateFacts
  actions: Pick<ApiActions, 'openTicket' | 'changeWhitelist'>
  onSafe: () => void
  onOver: () => void
}

/** The query's cache holds what the gate saw, never the pair: it is asked by the generation's id. */
export default function ProofPanel(props: Props) {
  const [client] = useState(() => new QueryClient())
  return (
    <QueryClientProvider client={client}>
      <Panel {...props} />
    </QueryClientProvider>
  )
}

/** A proof as it travels: instants are text. */
type Wire = { [K in keyof Proof]: unknown } & Pick<Proof, 'state' | 'replacedBy'>

const withDates = (wire: Wire): Proof => {
  const seen = (x: unknown) => {
    const s = x as { at: string; address: string; requestId: string; reason: string } | null
    return s && { ...s, at: new Date(s.at) }
  }
  return {
    state: wire.state,
    replacedBy: wire.replacedBy,
    pendingUntil: new Date(wire.pendingUntil as string),
    accepted: seen(wire.accepted),
    refused: seen(wire.refused),
  }
}

function Panel({ revealed, facts, actions, onSafe, onOver }: Props) {
  const id = revealed.generationId
  const { data: proof, isError } = useQuery({
    queryKey: ['proof', id],
    queryFn: async ({ signal }) => {
      const answer = await fetch(`${facts.proofPath}/${encodeURIComponent(id)}`, {
        signal,
        cache: 'no-store',
      })
      if (!answer.ok) throw new Error(`proof ${answer.status}`)
      return withDates(await answer.json())
    },
    refetchInterval: (query) => (query.state.data && isOver(query.state.data) ? false : 1000),
    refetchIntervalInBackground: true,
    retry: false,
    gcTime: 0,
  })

  const accepted = proof?.accepted ?? null
  const over = proof ? isOver(proof) : false
  useEffect(() => {
    if (accepted) onSafe()
  }, [accepted, onSafe])
  useEffect(() => {
    if (over) onOver()
  }, [over, onOver])

  const left = <TimeLeft at={proof?.pendingUntil ?? revealed.pendingUntil} after={words.left} />
  if (over)
    return (
      <div className="proof stop" role="status">
        <Gate waiting={false} />
        <b>{words.over}</b>
        <p>{proof?.replacedBy ? words.replaced(proof.replacedBy) : words.overText}</p>
      </div>
    )
  const refused = proof?.refused && (!accepted || proof.refused.at > accepted.at) ? proof.refused : null
  if (refused && !accepted)
    return (
      <div className="proof stop">
        <Gate waiting={false} />
        <b role="status">{words.refused}</b>
        <span className="side text-small text-ink-2">{left}</span>
        <p>{cure(refused.reason, refused.address)}</p>
        {isAddress(refused.reason) && (
          <div className="col-span-2 col-start-2">
            <AddAddress
              key={refused.address}
              address={refused.address}
              facts={facts}
              openTicket={actions.openTicket}
              change={actions.changeWhitelist}
            />
          </div>
        )}
      </div>
    )
  if (accepted)
    return (
      <div className="proof open" role="status">
        <Gate waiting={false} />
        <b>
          {words.seen} <span className="mono">{accepted.address}</span>
        </b>
        <span className="side text-small text-ink-2">
          <Instant at={accepted.at} show="seconds" />
        </span>
        <p>{proof?.state === 'unconfirmed' ? words.unconfirmedText : words.seenText}</p>
      </div>
    )
  return (
    <div className="proof" role="status">
      <Gate waiting />
      <b>{words.waiting}</b>
      <span className="side text-small text-ink-2" aria-hidden="true">
        {left}
      </span>
      <p>{isError ? words.offline : facts.hasCurrent ? words.waitingText : words.waitingFirst}</p>
    </div>
  )
}

const isOver = (p: Proof): boolean => p.state === 'discarded' || p.state === 'revoked'
const isAddress = (reason: string): boolean => reason === 'address_not_listed'

/** What helps, from the gate's own table of reasons. */
const cure = (reason: string, address: string): string =>
  isReason(reason) ? words.cures[explained[reason].cure](address) : words.otherReason(reason)

type AddProps = {
  address: string
  facts: RegenerateFacts
  openTicket: ApiActions['openTicket']
  change: ApiActions['changeWhitelist']
}

/** Adds the refused address without leaving the popup: the secret stays on screen, so it asks for the code in place. */
function AddAddress({ address, facts, openTicket, change }: AddProps) {
  const [ticket, setTicket] = useState<string | null>(null)
  const [code, setCode] = useState('')
  const [busy, setBusy] = useState(false)
  const [done, setDone] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const what: WhitelistChange = {
    version: facts.whitelist.version,
    add: [{ range: address, note: '' }],
    remove: [],
    notes: [],
  }

  const router = useRouter()
  const frozen = useRef(what)

  async function open() {
    setBusy(true)
    frozen.current = what
    setProblem(null)
    const reply = await send(() =>
      openTicket(facts.where.merchantId, { operation: 'api_whitelist.change', params: what }),
    )
    setBusy(false)
    if (reply.ok) setTicket(reply.value.ticket)
    else setProblem({ error: reply.error, retryAt: reply.retryAt })
  }
  async function add(full: string) {
    if (!ticket || busy) return
    setBusy(true)
    setProblem(null)
    const reply = await send(() => change(facts.where.merchantId, { ticket, code: full, params: frozen.current }))
    setBusy(false)
    setCode('')
    if (reply.ok) return setDone(true)
    setProblem({ error: reply.error, retryAt: reply.retryAt })
    if (reply.error === 'ticket_invalid' || reply.error === 'stale') setTicket(null)
    // Somebody saved the list meanwhile: the next try names the version it has now.
    if (reply.error === 'stale') router.refresh()
  }

  if (done) return <p role="status">{words.added(address)}</p>
  return (
    <div className="mt-2 grid gap-3">
      {ticket ? (
        <CodeField
          help={confirmWords.codeHelp}
          value={code}
          onChange={setCode}
          onFull={add}
          busy={busy}
          first={false}
          takeFocus
          bad={problem?.error === 'wrong_code' || problem?.error === 'sign_in_code'}
        />
      ) : (
        <button type="button" className="btn s justify-self-start" aria-disabled={busy} onClick={open}>
          <Plus size="s" />
          {words.add}
        </button>
      )}
      {problem && (
        <RefusalNote problem={problem} said={{ ...passwordRefusals, ...changeRefusals, ...whitelistRefusals }} />
      )}
    </div>
  )
}
