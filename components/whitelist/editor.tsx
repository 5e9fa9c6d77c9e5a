'use client'
import { useRouter } from 'next/navigation'
import { useEffect, useId, useRef, useState } from 'react'
import { StepUpDialog } from '@/components/access/step-up-dialog'
import type { Where, WhitelistActions } from '@/components/actions'
import { useNow } from '@/components/ui/clock'
import { Check, CircleAlert, Plus, Undo, X } from '@/components/ui/icons'
import { Note } from '@/components/ui/parts'
import { send } from '@/components/ui/send'
import { toast } from '@/components/ui/toast'
import { maxEntries, maxNote, type WhitelistView } from '@/lib/whitelist/model'
import { rangeRefusals, whitelistRefusals, whitelistWords as words } from '@/lib/words/whitelist'
import {
  type Added,
  add,
  changeOf,
  type Draft,
  dropAdded,
  emptyDraft,
  holds,
  putBack,
  rebase,
  remove,
  setNote,
  summary,
} from './draft'
import { EntryNote, isExpired } from './entry-note'

type Props = {
  view: WhitelistView
  where: Where
  address: string
  actions: WhitelistActions
  onLeave: () => void
}
type NoteTarget = { id: string } | { key: number }

/** A long paste says a few things and counts the others. */
const mostSaid = 6

/** The same chips in a box, the cursor after the last one. What is removed stays, struck through, until applied. */
export default function Editor({ view, where, address, actions, onLeave }: Props) {
  const router = useRouter()
  const [draft, setDraft] = useState<Draft>(() => emptyDraft(view))
  const [text, setText] = useState('')
  /** Backspace in the empty box selects the last chip, again removes it. */
  const [picked, setPicked] = useState<string | null>(null)
  const [noting, setNoting] = useState<NoteTarget | null>(null)
  const [asking, setAsking] = useState(false)
  const [confirming, setConfirming] = useState(false)
  const [conflict, setConflict] = useState<{ who: string | null; dropped: number } | null>(null)
  const input = useRef<HTMLInputElement>(null)
  const now = useNow(30_000)
  const id = useId()
  useEffect(() => input.current?.focus(), [])

  // Somebody else saved: their list, with my draft on top.
  if (view.version !== draft.base.version) {
    const mine = rebase(draft, view)
    setDraft(mine.draft)
    setConflict({ who: view.changedBy, dropped: mine.dropped })
  }

  const s = summary(draft)
  const chips = [
    ...draft.base.entries.filter((e) => !draft.removed.includes(e.id)).map((e) => `e${e.id}`),
    ...draft.added.map((a) => `a${a.key}`),
  ]

  const take = (typed: string) => {
    setPicked(null)
    if (typed.trim() === '') return
    setDraft((d) => add(d, typed))
    setText('')
  }
  const drop = (chip: string) => {
    setPicked(null)
    setDraft((d) => (chip.startsWith('e') ? remove(d, chip.slice(1)) : dropAdded(d, Number(chip.slice(1)))))
    input.current?.focus()
  }
  const leave = () => {
    if (s.changed || text.trim() !== '') setAsking(true)
    else onLeave()
  }
  const apply = () => {
    const typed = text.trim() !== ''
    const next = typed ? add(draft, text) : draft
    const then = summary(next)
    setDraft(next)
    setText('')
    if (then.invalid.length > 0 || then.tooMany) input.current?.focus()
    else if (then.changed) setConfirming(true)
    else if (!typed) onLeave()
  }
  const saveNote = (target: NoteTarget, note: string) => {
    setDraft((d) => setNote(d, target, note))
    setNoting(null)
    input.current?.focus()
  }
  const mineIsIn = [...draft.base.entries.filter((e) => !draft.removed.includes(e.id)), ...draft.added].some(
    (e) => e.range && holds(e.range, address),
  )

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape leaves editing wherever the focus is inside.
    <div
      className="val col-span-2 grid grid-cols-[minmax(0,1fr)] gap-3"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || confirming || event.defaultPrevented) return
        event.preventDefault()
        leave()
      }}
    >
      <div className="flex items-baseline justify-between gap-3 text-small text-ink-2">
        <span>{words.mine(address)}</span>
        <span role="status">{words.draft(s.added, s.removed, s.noted)}</span>
      </div>
      {conflict && (
        <Note tone="warn" role="status">
          <p>
            <b>{words.conflictTitle}</b> {words.conflictText(conflict.who)}
            {conflict.dropped > 0 && ` ${words.conflictDropped(conflict.dropped)}`}
          </p>
        </Note>
      )}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a click beside the chips means the field. */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field itself is reached by keyboard. */}
      <div
        className={`chipin ${s.invalid.length > 0 ? 'bad' : ''}`}
        onClick={(event) => {
          if (event.target === event.currentTarget || (event.target as HTMLElement).tagName === 'UL')
            input.current?.focus()
        }}
      >
        <ul className="chips">
          {draft.base.entries.map((e) => {
            const gone = draft.removed.includes(e.id)
            const chip = `e${e.id}`
            const note = draft.notes[e.id] ?? e.note
            const mine = holds(e.range, address)
            if (gone)
              return (
                <li key={chip} className="chip gone">
                  <span className="mono">{e.range}</span>
                  <button
                    type="button"
                    className="rm"
                    aria-label={words.putBack(e.range)}
                    onClick={() => {
                      setDraft((d) => putBack(d, e.id))
                      input.current?.focus()
                    }}
                  >
                    <Undo />
                  </button>
                </li>
              )
            return (
              <li
                key={chip}
                className={`chip ${mine ? 'mine' : ''} ${isExpired(e, now) ? 'expired' : ''} ${picked === chip ? 'picked' : ''} ${draft.notes[e.id] === undefined ? '' : 'new'}`}
              >
                {noting && 'id' in noting && noting.id === e.id ? (
                  <NoteInput range={e.range} note={note} onSave={(n) => saveNote({ id: e.id }, n)} />
                ) : (
                  <button
                    type="button"
                    className="edit-note"
                    aria-label={words.editNote(e.range)}
                    onClick={() => setNoting({ id: e.id })}
                  >
                    <span className="mono">{e.range}</span>
                    {note || e.expiresAt ? (
                      <EntryNote entry={e} now={now} note={note} />
                    ) : (
                      <span className="nt">{mine ? words.youAreHere : words.addNote}</span>
                    )}
                  </button>
                )}
                <button type="button" className="rm" aria-label={words.remove(e.range)} onClick={() => drop(chip)}>
                  <X />
                </button>
              </li>
            )
          })}
          {draft.added.map((a) => (
            <AddedChip
              key={`a${a.key}`}
              added={a}
              mine={a.range !== null && holds(a.range, address)}
              picked={picked === `a${a.key}`}
              noting={noting !== null && 'key' in noting && noting.key === a.key}
              onNote={() => setNoting({ key: a.key })}
              onSaveNote={(n) => saveNote({ key: a.key }, n)}
              onRemove={() => drop(`a${a.key}`)}
            />
          ))}
          <li className="type">
            <input
              ref={input}
              type="text"
              aria-label={words.field}
              aria-describedby={`${id}-help`}
              aria-invalid={s.invalid.length > 0 || undefined}
              placeholder={words.placeholder}
              value={text}
              autoComplete="off"
              autoCapitalize="off"
              autoCorrect="off"
              spellCheck={false}
              onChange={(event) => {
                const typed = event.target.value
                setPicked(null)
                if (/[,;\n]/.test(typed)) take(typed)
                else setText(typed)
              }}
              onPaste={(event) => {
                const pasted = event.clipboardData.getData('text')
                if (!pasted.trim()) return
                event.preventDefault()
                take(`${text}${pasted}`)
              }}
              onBlur={() => take(text)}
              onKeyDown={(event) => {
                if (event.key === 'Enter') {
                  event.preventDefault()
                  take(text)
                } else if (event.key === 'Backspace' && text === '') {
                  event.preventDefault()
                  const last = chips.at(-1) ?? null
                  if (picked) drop(picked)
                  else setPicked(last)
                }
              }}
            />
          </li>
        </ul>
      </div>
      {s.invalid.length > 0 && (
        <div role="alert" className="grid gap-1">
          {s.invalid.slice(0, mostSaid).map((a) => (
            <p key={a.key} className="err">
              <CircleAlert size="s" />
              <span className="min-w-0 wrap-anywhere">{a.refusal && rangeRefusals[a.refusal](a.typed)}</span>
            </p>
          ))}
          {s.invalid.length > mostSaid && (
            <p className="text-small text-stop">{words.moreBad(s.invalid.length - mostSaid)}</p>
          )}
        </div>
      )}
      {draft.said.length > 0 && (
        <div role="status" className="grid gap-1 text-small text-ink-2">
          {draft.said.slice(0, mostSaid).map((line) => (
            <p key={line}>{line}</p>
          ))}
          {draft.said.length > mostSaid && <p>{words.moreSaid(draft.said.length - mostSaid)}</p>}
        </div>
      )}
      {s.tooMany && <p className="err">{words.tooMany(maxEntries)}</p>}
      <p id={`${id}-help`} className="text-small text-ink-2">
        {words.help}
      </p>
      {s.turnsOn && (
        <Note tone="warn">
          <p>
            <b>{words.turnsOn}</b> {words.turnsOnText}
          </p>
        </Note>
      )}
      {s.empties && (
        <Note tone="stop">
          <p>
            <b>{words.empties}</b> {words.emptiesText}
          </p>
        </Note>
      )}
      {asking ? (
        <Leave
          onStay={() => {
            setAsking(false)
            input.current?.focus()
          }}
          onLeave={onLeave}
        />
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: keeps the field from losing the focus, and so the press its button.
        <div
          className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2"
          onMouseDown={(event) => event.preventDefault()}
        >
          {mineIsIn ? (
            <span className="text-small text-ink-2">{words.code}</span>
          ) : (
            <button
              type="button"
              className="btn s"
              onClick={() => {
                take(`${text} ${address}`)
                input.current?.focus()
              }}
            >
              <Plus size="s" />
              {words.addMine}
            </button>
          )}
          <span className="flex gap-2">
            <button type="button" className="btn" onClick={leave}>
              {words.cancel}
            </button>
            <button
              type="button"
              className="btn p"
              aria-disabled={s.invalid.length > 0 || s.tooMany || (!s.changed && text.trim() === '')}
              onClick={apply}
            >
              <Check />
              {words.effect(s.added, s.removed, s.noted, s.turnsOn, s.empties)}
            </button>
          </span>
        </div>
      )}
      {confirming && (
        <StepUpDialog
          title={words.codeTitle}
          where={where}
          ask={{ operation: 'api_whitelist.change', params: changeOf(draft) }}
          about={<Effect draft={draft} />}
          submit={words.codeGo}
          said={whitelistRefusals}
          openTicket={actions.openTicket}
          onClose={() => setConfirming(false)}
          run={async (proof) => {
            const reply = await send(() =>
              actions.changeWhitelist(where.merchantId, { ...proof, params: changeOf(draft) }),
            )
            if (reply.ok) {
              onLeave()
              toast(words.saved)
              router.refresh()
              return null
            }
            if (reply.error === 'stale') {
              setConfirming(false)
              router.refresh()
              return null
            }
            return { error: reply.error, retryAt: reply.retryAt }
          }}
        />
      )}
    </div>
  )
}

type AddedProps = {
  added: Added
  mine: boolean
  picked: boolean
  noting: boolean
  onNote: () => void
  onSaveNote: (note: string) => void
  onRemove: () => void
}

function AddedChip({ added: a, mine, picked, noting, onNote, onSaveNote, onRemove }: AddedProps) {
  const tone = a.refusal ? 'bad' : mine ? 'mine' : 'new'
  return (
    <li className={`chip ${tone} ${picked ? 'picked' : ''}`}>
      {a.refusal ? (
        <span className="mono">{a.typed}</span>
      ) : noting ? (
        <NoteInput range={a.range ?? ''} note={a.note} onSave={onSaveNote} />
      ) : (
        <button type="button" className="edit-note" aria-label={words.editNote(a.range ?? '')} onClick={onNote}>
          <span className="mono">{a.range}</span>
          <span className="nt">{a.note || (mine ? `${words.youAreHere}, ${words.addNote}` : words.addNote)}</span>
        </button>
      )}
      <button type="button" className="rm" aria-label={words.remove(a.range ?? a.typed)} onClick={onRemove}>
        <X />
      </button>
    </li>
  )
}

function NoteInput({ range, note, onSave }: { range: string; note: string; onSave: (note: string) => void }) {
  const ref = useRef<HTMLInputElement>(null)
  useEffect(() => ref.current?.select(), [])
  return (
    <span className="ct">
      <span className="mono">{range}</span>
      <input
        ref={ref}
        className="note-in"
        type="text"
        maxLength={maxNote}
        aria-label={words.noteOf(range)}
        defaultValue={note}
        onBlur={(event) => onSave(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            event.preventDefault()
            onSave(event.currentTarget.value)
          } else if (event.key === 'Escape') {
            event.preventDefault()
            onSave(note)
          }
        }}
      />
    </span>
  )
}

function Leave({ onStay, onLeave }: { onStay: () => void; onLeave: () => void }) {
  const safe = useRef<HTMLButtonElement>(null)
  const id = useId()
  useEffect(() => safe.current?.focus(), [])
  return (
    <div
      role="alertdialog"
      aria-labelledby={id}
      className="flex flex-wrap items-center justify-between gap-3"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.preventDefault()
        onStay()
      }}
    >
      <b id={id} className="font-medium">
        {words.guardTitle}
      </b>
      <span className="flex gap-2">
        <button type="button" className="btn danger" onClick={onLeave}>
          {words.guardLeave}
        </button>
        <button ref={safe} type="button" className="btn p" onClick={onStay}>
          {words.guardStay}
        </button>
      </span>
    </div>
  )
}

/** The consequence in words, above the code. */
function Effect({ draft }: { draft: Draft }) {
  const c = changeOf(draft)
  const name = (entryId: string) => draft.base.entries.find((e) => e.id === entryId)?.range ?? ''
  const lines: [string, string[]][] = [
    [words.codeAdd, c.add.map((a) => a.range)],
    [words.codeRemove, c.remove.map(name)],
    [words.codeRename, c.notes.map((n) => name(n.id))],
  ]
  return (
    <dl className="kv">
      {lines
        .filter(([, ranges]) => ranges.length > 0)
        .map(([what, ranges]) => (
          <div key={what} className="contents">
            <dt>{what}</dt>
            <dd className="mono">
              {ranges.slice(0, 8).join(', ')}
              {ranges.length > 8 && ` ${words.more(ranges.length - 8)}`}
            </dd>
          </div>
        ))}
    </dl>
  )
}
