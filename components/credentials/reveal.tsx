'use client'
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react'
import type { ApiActions } from '@/components/actions'
import { CopyButton } from '@/components/ui/copy-button'
import { Eye, EyeOff } from '@/components/ui/icons'
import type { Revealed } from '@/lib/credentials/model'
import { revealWords as words } from '@/lib/words/api'
import type { RegenerateFacts } from './regenerate-host'
import { proofScript } from './script'

const ProofPanel = lazy(() => import('./proof'))

type Props = {
  revealed: Revealed
  facts: RegenerateFacts
  actions: Pick<ApiActions, 'openTicket' | 'changeWhitelist'>
  /** Copied or proven: closing needs no question any more. */
  onSafe: () => void
  /** The pair is gone. */
  onOver: () => void
  problem: ReactNode
}

/** The plate with both values, the script and the proof. Values are text, never inputs: no browser remembers them. */
export function Reveal({ revealed, facts, actions, onSafe, onOver, problem }: Props) {
  const [shown, setShown] = useState(false)
  const [said, setSaid] = useState('')
  const key = useRef<HTMLSpanElement>(null)
  const secret = useRef<HTMLSpanElement>(null)
  const script = useRef<HTMLPreElement>(null)
  const first = useRef<HTMLDListElement>(null)
  useEffect(() => first.current?.querySelector('button')?.focus(), [])
  const last = revealed.apiSecret.slice(-4)
  const masked = `${revealed.apiSecret.slice(0, revealed.apiSecret.lastIndexOf('_') + 1)}${'•'.repeat(24)}${last}`
  const text = proofScript(facts.gateUrl, revealed.apiKey)

  return (
    <div className="dlg-b">
      <p className="text-ink-2">{words.once}</p>
      <dl ref={first} className="plate notranslate" translate="no">
        <div className="pr">
          <dt id="reveal-key">{words.key}</dt>
          <dd>
            {/* biome-ignore lint/a11y/useSemanticElements: a named piece of text, not a set of fields. */}
            <span ref={key} role="group" aria-labelledby="reveal-key" spellCheck={false}>
              {revealed.apiKey}
            </span>
          </dd>
          <dd className="pa">
            <CopyButton value={revealed.apiKey} name={words.copyKey} target={key} onResult={setSaid} />
          </dd>
        </div>
        <div className="pr">
          <dt id="reveal-secret">{words.secret}</dt>
          <dd>
            {/* biome-ignore lint/a11y/useSemanticElements: a named piece of text, not a set of fields. */}
            <span ref={secret} role="group" aria-labelledby="reveal-secret" spellCheck={false}>
              {shown ? (
                revealed.apiSecret
              ) : (
                <>
                  <span aria-hidden="true">{masked}</span>
                  <span className="vh">{words.hidden(last)}</span>
                </>
              )}
            </span>
          </dd>
          <dd className="pa">
            <button
              type="button"
              className="btn eye"
              aria-label={shown ? words.hide : words.show}
              onClick={() => setShown(!shown)}
            >
              {shown ? <EyeOff size="s" /> : <Eye size="s" />}
            </button>
            <CopyButton
              value={revealed.apiSecret}
              name={words.copySecret}
              target={secret}
              onRefused={() => setShown(true)}
              onResult={(text, copied) => {
                setSaid(text)
                if (copied) onSafe()
              }}
            />
          </dd>
        </div>
      </dl>
      <p className="vh" role="status" aria-live="polite">
        {said}
      </p>
      <div>
        <div className="mb-2 flex items-center justify-between gap-3">
          <span>
            <b>{words.prove}</b> <span className="phone:hidden text-small text-ink-2">{words.promptNote}</span>
          </span>
          <CopyButton value={text} name={words.copyScript} target={script} variant="small" onResult={setSaid} />
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways on the phone, so it must be reachable. */}
        <section className="code" tabIndex={0} translate="no" aria-label={words.curl}>
          <pre ref={script}>{text}</pre>
        </section>
      </div>
      {problem}
      <Suspense fallback={null}>
        <ProofPanel revealed={revealed} facts={facts} actions={actions} onSafe={onSafe} onOver={onOver} />
      </Suspense>
    </div>
  )
}
