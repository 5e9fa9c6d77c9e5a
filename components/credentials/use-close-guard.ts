'use client'
import { useCallback, useEffect, useRef } from 'react'

/**
 * Back and reload while a secret is shown. One history entry is laid in front: Back takes that one, and the popup asks
 * instead of vanishing. Reload and closing the tab can only be asked by the browser itself.
 * @returns takes the entry away again when the popup closes
 */
export function useCloseGuard(
  shown: boolean,
  atRisk: boolean,
  on: { ask: () => void; goBack: () => void },
): () => void {
  const now = useRef({ atRisk, ...on })
  const laid = useRef(false)
  useEffect(() => {
    now.current = { atRisk, ...on }
  })

  useEffect(() => {
    if (!shown) return
    const lay = () => {
      window.history.pushState({ gatehousePopup: true }, '')
      laid.current = true
    }
    lay()
    const onPop = () => {
      if (!laid.current) return
      laid.current = false
      if (now.current.atRisk) {
        lay()
        now.current.ask()
      } else now.current.goBack()
    }
    const onUnload = (event: BeforeUnloadEvent) => {
      if (!now.current.atRisk) return
      event.preventDefault()
      now.current.ask()
    }
    window.addEventListener('popstate', onPop)
    window.addEventListener('beforeunload', onUnload)
    return () => {
      window.removeEventListener('popstate', onPop)
      window.removeEventListener('beforeunload', onUnload)
    }
  }, [shown])

  return useCallback(() => {
    if (!laid.current) return
    laid.current = false
    window.history.back()
  }, [])
}
