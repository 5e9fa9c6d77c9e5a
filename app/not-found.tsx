import Link from 'next/link'
import { Arch } from '@/components/ui/arch'
import { errorWords as words } from '@/lib/words/common'

export default function NotFound() {
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <div className="card w-[34rem] max-w-full">
        <div className="empty">
          <Arch tone="over" />
          <h1 className="text-dialog">{words.notFoundTitle}</h1>
          <p>{words.notFoundText}</p>
          <Link className="btn" href="/">
            {words.home}
          </Link>
        </div>
      </div>
    </main>
  )
}
