import { signedInPerson } from '@/app/session'
import { signOutAction } from '@/app/sign-in/actions'
import { Lintel } from '@/components/shell/lintel'
import { Shell } from '@/components/shell/shell'
import { Empty } from '@/components/ui/parts'
import { noMerchantWords } from '@/lib/words/shell'

/** Signed in and a member of nothing. */
export default async function Page() {
  const who = await signedInPerson()
  const lintel = (
    <Lintel
      env={who.installation.environment}
      person={who.person}
      here={null}
      all={[]}
      mayOpenAccessList={false}
      mayOpenActivity={false}
      signOut={signOutAction}
    />
  )
  return (
    <Shell now={who.now} lintel={lintel} banners={null}>
      <div className="card mt-7">
        <Empty tone="over" title={noMerchantWords.title} text={noMerchantWords.text} />
      </div>
    </Shell>
  )
}
