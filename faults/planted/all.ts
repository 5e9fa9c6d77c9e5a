import { auditFaults } from './audit'
import { embeddedFaults } from './embedded'
import type { Fault } from './fault'
import { gateFaults } from './gate'
import { generationFaults } from './generations'
import { secretFaults } from './secrets'
import { sessionFaults } from './sessions'
import { stepUpFaults } from './step-up'
import { verdictFaults } from './verdict'
import { whitelistFaults } from './whitelist'

export const areas: Readonly<Record<string, readonly Fault[]>> = {
  verdict: verdictFaults,
  whitelist: whitelistFaults,
  generations: generationFaults,
  'step-up': stepUpFaults,
  sessions: sessionFaults,
  gate: gateFaults,
  audit: auditFaults,
  secrets: secretFaults,
  embedded: embeddedFaults,
}
