import { redirect } from 'next/navigation'

/** The first tab. */
export default async function Page({ params }: { params: Promise<{ merchant: string }> }) {
  redirect(`/m/${(await params).merchant}/access/staff`)
}
