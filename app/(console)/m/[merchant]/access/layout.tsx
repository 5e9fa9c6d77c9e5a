import type { ReactNode } from 'react'
import { frame, signedInPerson } from '@/app/session'
import { AccessList } from '@/components/shell/access-list'
import { FactorsMissing, NotAllowed } from '@/components/shell/closed'
import { can } from '@/lib/access/model'
import { securityOf } from '@/lib/access/security'

type Props = { children: ReactNode; params: Promise<{ merchant: string }> }

/** Members may not; the others only with both codes. Each page and verb checks again. */
export default async function Layout({ children, params }: Props) {
  const { merchant } = await params
  const { ctx, bothFactors } = await frame(merchant)
  const base = `/m/${merchant}`
  if (!can(ctx.actor.role, 'access_list.read')) return <NotAllowed what="accessList" home={base} />
  if (!bothFactors) {
    const { signIn, operations } = await securityOf(await signedInPerson())
    return <FactorsMissing signIn={signIn !== null} operations={operations !== null} profile={`${base}/profile`} />
  }
  return <AccessList base={`${base}/access`}>{children}</AccessList>
}
