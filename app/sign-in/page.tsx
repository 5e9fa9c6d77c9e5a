import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { visit, whoIsThere } from '@/app/session'
import { SignInPage } from '@/components/sign-in/sign-in-page'
import { returnPath } from '@/lib/access/return-path'
import { runtime } from '@/lib/runtime'
import { signInWords } from '@/lib/words/sign-in'
import { signInAction } from './actions'

export const metadata: Metadata = { title: signInWords.title }

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> }

export default async function Page({ searchParams }: Props) {
  const query = await searchParams
  const next = returnPath(query['next'])
  if (await whoIsThere(true)) redirect(next)
  const { now, address } = await visit()
  return (
    <SignInPage
      now={now}
      host={new URL(runtime().consoleUrl).host}
      address={address}
      left={query['signed-out'] !== undefined}
      next={next}
      signIn={signInAction}
    />
  )
}
