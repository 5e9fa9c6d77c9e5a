'use client'
import { usePathname } from 'next/navigation'
import { useEffect, useRef } from 'react'

/** After a page change the focus goes to the title, so that it is read and Tab goes on from there. */
export function PageFocus() {
  const path = usePathname()
  const before = useRef(path)
  useEffect(() => {
    if (before.current === path) return
    before.current = path
    const title = document.querySelector<HTMLElement>('h1')
    title?.setAttribute('tabindex', '-1')
    title?.focus({ preventScroll: true })
  }, [path])
  return null
}
