/**
 * A request target that two parsers could read differently is refused before anything else looks at it: what was
 * matched must be what the upstream routes. Nothing is rewritten here or later; the upstream gets these bytes.
 */
export type Target = {
  /** Exactly as received, without the query. */
  path: string
  /** From `?` on, exactly as received; empty without one. */
  query: string
  /** Decoded segments, for matching only: no slash, dot segment or percent can hide in them. Null when ambiguous. */
  segments: readonly string[] | null
  /** The same without decoding, for rows of the routes file that say `raw`. */
  rawSegments: readonly string[]
}

/** @returns null for what is no origin-form target (`*`, `http://…`, empty) */
export function readTarget(url: string): Target | null {
  if (url.charCodeAt(0) !== SLASH) return null
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const rawSegments = split(path)
  return {
    path,
    query: mark < 0 ? '' : url.slice(mark),
    segments: isPlain(path) ? decode(path, rawSegments) : null,
    rawSegments,
  }
}

const SLASH = 47

/** One trailing slash is ignored for matching. */
const split = (path: string): string[] => {
  const end = path.length > 1 && path.endsWith('/') ? path.length - 1 : path.length
  return end <= 1 ? [] : path.slice(1, end).split('/')
}

/** Visible ASCII without backslash, `;` or `#`; no empty and no dot segment. */
function isPlain(path: string): boolean {
  let start = 1
  for (let i = 1; i <= path.length; i++) {
    const code = i === path.length ? SLASH : path.charCodeAt(i)
    if (code === SLASH) {
      if (i === start ? i < path.length : isDots(path, start, i)) return false
      start = i + 1
    } else if (code <= 0x20 || code >= 0x7f || code === 0x5c || code === 0x3b || code === 0x23) return false
  }
  return true
}

const isDots = (path: string, start: number, end: number): boolean =>
  path[start] === '.' && (end - start === 1 || (end - start === 2 && path[start + 1] === '.'))

/** Percent escapes decoded; null where one is broken, no UTF-8, or hides `/ \ . % ;` or a control character. */
function decode(path: string, segments: readonly string[]): readonly string[] | null {
  if (!path.includes('%')) return segments
  try {
    const decoded = segments.map((segment) => decodeURIComponent(segment))
    const hidden = path.match(/%[0-9A-Fa-f]{2}/g)?.some((octet) => HIDING.has(Number.parseInt(octet.slice(1), 16)))
    return hidden ? null : decoded
  } catch {
    return null
  }
}

const HIDING: ReadonlySet<number> = new Set([
  ...Array.from({ length: 0x20 }, (_, code) => code),
  ...[...'/\\.%;'].map((char) => char.charCodeAt(0)),
  0x7f,
])
