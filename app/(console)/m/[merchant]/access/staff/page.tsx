import type { Metadata } from 'next'
import { frame } from '@/app/session'
import { StaffPage } from '@/components/staff/staff-page'
import { listStaff } from '@/lib/team/list'
import { accessListWords } from '@/lib/words/shell'

export const metadata: Metadata = { title: `${accessListWords.tabs.staff} · ${accessListWords.title}` }

export default async function Page({ params }: { params: Promise<{ merchant: string }> }) {
  const { ctx, bothFactors } = await frame((await params).merchant)
  const staff = bothFactors ? await listStaff(ctx) : null
  return staff?.ok ? <StaffPage staff={staff.value} /> : null
}
