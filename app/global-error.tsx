'use client'
import { ErrorCard } from '@/components/shell/error-card'
import './globals.css'

export default function GlobalError({ error }: { error: Error & { digest?: string } }) {
  return (
    <html lang="en">
      <body>
        <main className="mx-auto max-w-[36rem] px-4 py-16">
          <ErrorCard digest={error.digest} retry={() => location.reload()} />
        </main>
      </body>
    </html>
  )
}
