import type { Metadata } from 'next'
import { signedIn, signedInPerson } from '@/app/session'
import { ProfilePage } from '@/components/profile/profile-page'
import { securityOf } from '@/lib/access/security'
import { profileWords } from '@/lib/words/profile'
import {
  changePasswordAction,
  endOtherSessionsAction,
  endSessionAction,
  finishEnrolmentAction,
  startEnrolmentAction,
} from './actions'

export const metadata: Metadata = { title: profileWords.title }

export default async function Page({ params }: { params: Promise<{ merchant: string }> }) {
  await signedIn((await params).merchant)
  const who = await signedInPerson()
  return (
    <ProfilePage
      security={await securityOf(who)}
      now={who.now}
      actions={{
        startEnrolment: startEnrolmentAction,
        finishEnrolment: finishEnrolmentAction,
        changePassword: changePasswordAction,
        endSession: endSessionAction,
        endOtherSessions: endOtherSessionsAction,
      }}
    />
  )
}
