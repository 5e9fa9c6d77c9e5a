import type {
  ChangePasswordRefusal,
  EnrolFinishRefusal,
  Enrolment,
  EnrolStartRefusal,
  FactorPurpose,
} from '@/lib/access/model'
import type { Result } from '@/lib/result'

/** A person's own settings belong to no merchant. */
export type ProfileActions = {
  startEnrolment: (given: {
    purpose: FactorPurpose
    password: string
    code: string
  }) => Promise<Result<Enrolment, EnrolStartRefusal>>
  finishEnrolment: (given: {
    purpose: FactorPurpose
    code: string
  }) => Promise<Result<{ replaced: boolean; sessionsEnded: number }, EnrolFinishRefusal>>
  changePassword: (given: {
    password: string
    code: string
    next: string
  }) => Promise<Result<{ sessionsEnded: number }, ChangePasswordRefusal>>
  endSession: (given: { sessionId: string }) => Promise<Result<unknown, 'not_found' | 'signed_out' | 'invalid_input'>>
  endOtherSessions: () => Promise<Result<{ ended: number }, 'signed_out'>>
}
