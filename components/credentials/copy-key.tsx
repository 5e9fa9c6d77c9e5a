'use client'
import { useRef } from 'react'
import { CopyButton } from '@/components/ui/copy-button'
import { maskPublicId } from '@/lib/credentials/model'
import { credentialWords as words } from '@/lib/words/api'

/** Both ends of the key; Copy takes all of it. */
export function CopyKey({ publicId }: { publicId: string }) {
  const ref = useRef<HTMLSpanElement>(null)
  return (
    <>
      <span ref={ref} className="mono" title={publicId}>
        {maskPublicId(publicId)}
      </span>
      <CopyButton value={publicId} name={words.copyKey} target={ref} variant="icon" />
    </>
  )
}
