'use client'
import { useRouter } from 'next/navigation'
import { startTransition } from 'react'
import { ErrorCard } from '@/components/shell/error-card'

export default function ErrorPage({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  const router = useRouter()
  // What failed was rendered on the server: without a new answer the same failure would be shown again.
  const again = () =>
    startTransition(() => {
      router.refresh()
      reset()
    })
  return (
    <div className="pt-7">
      <ErrorCard digest={error.digest} retry={again} />
    </div>
  )
}
