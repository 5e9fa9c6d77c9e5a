/** How a copy ended. `select` means the browser refused twice: the caller selects the visible text and says so. */
export type Copied = 'copied' | 'select'

/**
 * First the clipboard (secure origins only), then a selection and the copy command. The selection is made inside
 * `within` and never moves the focus: in a modal dialog the usual hidden text area copies nothing.
 */
export async function copyText(text: string, within: HTMLElement): Promise<Copied> {
  try {
    if (window.isSecureContext && navigator.clipboard) {
      await navigator.clipboard.writeText(text)
      return 'copied'
    }
  } catch {
    // Permission denied or not focused: the second way needs neither.
  }
  const span = document.createElement('span')
  span.textContent = text
  span.className = 'vh select-text whitespace-pre'
  span.ariaHidden = 'true'
  within.append(span)
  const exact = (event: ClipboardEvent) => {
    event.clipboardData?.setData('text/plain', text)
    event.preventDefault()
  }
  document.addEventListener('copy', exact, { once: true })
  try {
    selectNode(span)
    return document.execCommand('copy') ? 'copied' : 'select'
  } catch {
    return 'select'
  } finally {
    document.removeEventListener('copy', exact)
    window.getSelection()?.removeAllRanges()
    span.remove()
  }
}

/** Selects the text of an element without moving the focus. */
export function selectNode(node: Node): void {
  const selection = window.getSelection()
  if (!selection) return
  const range = document.createRange()
  range.selectNodeContents(node)
  selection.removeAllRanges()
  selection.addRange(range)
}
