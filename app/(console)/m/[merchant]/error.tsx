'use client'
import { ErrorCard } from '@/components/shell/error-card'

export default function ErrorPage({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <div className="pt-7">
      <ErrorCard digest={error.digest} retry={reset} />
    </div>
  )
}
