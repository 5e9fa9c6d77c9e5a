/**
 * JSON for a door that strangers knock on: duplicate names, names that reach into prototypes, deep nesting and
 * anything but UTF-8 are refused, because two readers could see two different requests in them.
 */
export type JsonFault = 'not_utf8' | 'not_json' | 'duplicate_name' | 'forbidden_name' | 'too_deep'
export type JsonResult = { ok: true; value: unknown } | { ok: false; fault: JsonFault }

const DEEPEST = 32
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])
const utf8 = new TextDecoder('utf-8', { fatal: true })

export function readJson(body: Uint8Array): JsonResult {
  let text: string
  try {
    text = utf8.decode(body)
  } catch {
    return { ok: false, fault: 'not_utf8' }
  }
  const fault = scan(text)
  if (fault) return { ok: false, fault }
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch {
    return { ok: false, fault: 'not_json' }
  }
}

/** `JSON.parse` keeps the last of two equal names; this walk over the strings sees both. Linear in the text. */
function scan(text: string): JsonFault | null {
  const open: (Set<string> | null)[] = []
  const string = /"(?:[^"\\]|\\.)*"/sy
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '{' || char === '[') {
      open.push(char === '{' ? new Set() : null)
      if (open.length > DEEPEST) return 'too_deep'
    } else if (char === '}' || char === ']') open.pop()
    else if (char === '"') {
      string.lastIndex = i
      const found = string.exec(text)?.[0]
      if (found === undefined) return 'not_json'
      i += found.length - 1
      const names = open.at(-1)
      if (names && isName(text, i + 1)) {
        const name = unquote(found)
        if (name === null) return 'not_json'
        if (FORBIDDEN.has(name)) return 'forbidden_name'
        if (names.has(name)) return 'duplicate_name'
        names.add(name)
      }
    }
  }
  return null
}

function isName(text: string, from: number): boolean {
  let i = from
  while (i < text.length && ' \t\n\r'.includes(text[i] as string)) i++
  return text[i] === ':'
}

function unquote(quoted: string): string | null {
  try {
    return JSON.parse(quoted) as string
  } catch {
    return null
  }
}
