import { JSON_API, replyTo, type Voice } from '@/lib/gatekeeping/dialect'
import type { Verdict } from '@/lib/gatekeeping/verdict'
import { send, type Visit } from './visit'

export type Refuse = (visit: Visit, verdict: Verdict) => void

/** The dialect is chosen by what was presented; who presented nothing is answered in RFC 9457, or JSON:API if it asks so. */
export function voiceOf({ requestId, seen, environment }: Visit): Voice {
  const speaksJsonApi = seen.jsonApi || /^bearer\b/i.test(seen.authorization ?? '')
  return { dialect: speaksJsonApi ? 'bearer' : 'problem', requestId, environment, mediaType: JSON_API }
}

/** Refuses a call that is not a token request. */
export const refuse: Refuse = (visit, verdict) => {
  visit.verdict = verdict
  if (!verdict.allowed) send(visit, replyTo(verdict, voiceOf(visit)))
}
