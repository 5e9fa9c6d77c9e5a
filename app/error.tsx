'use client'
import { ErrorCard } from '@/components/shell/error-card'

export default function ErrorPage({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <div className="mx-auto max-w-[36rem] px-4 py-16">
      <ErrorCard digest={error.digest} retry={reset} />
    </div>
  )
}
