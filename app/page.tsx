import { redirect } from 'next/navigation'
import { membershipsOf, signedInPerson } from './session'

/** The first merchant of the person, by name: every page's address names its merchant. */
export default async function Page() {
  const [first] = await membershipsOf(await signedInPerson())
  redirect(first ? `/m/${first.merchantId}` : '/no-merchant')
}
