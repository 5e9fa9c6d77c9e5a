/** How a value can stand somewhere: `bytes` to look for, of which `least` in a row are a find. */
export type Form = { encoding: string; bytes: Buffer; least: number }

/** Characters of a value that are a find when they stand in a row: what cuts a value short does not hide it. */
export const LEAST = 12

/**
 * Every form in which a value is looked for. The value is its random part: 12 characters or more.
 * @param value text in UTF-8, or bytes as they are
 * @param least of its bytes in a row are a find, 12 or more
 */
export function formsOf(value: Buffer, least = LEAST): Form[] {
  const found: Form[] = [{ encoding: 'itself', bytes: value, least }]
  const add = (encoding: string, bytes: Buffer, least: number) => {
    if (bytes.length >= least && !found.some((form) => form.bytes.equals(bytes))) found.push({ encoding, bytes, least })
  }
  // At two of the three places the characters at both ends are half of something else.
  for (const alphabet of ['base64', 'base64url'] as const) {
    for (const before of [0, 1, 2])
      add('base64', base64Inside(value, before, alphabet), Math.floor((least * 4) / 3) - 2)
  }
  const hex = value.toString('hex')
  add('hex', Buffer.from(hex), least * 2)
  add('hex', Buffer.from(hex.toUpperCase()), least * 2)
  add('percent', Buffer.from(hex.replace(/../g, '%$&')), least * 3)
  add('percent', Buffer.from(hex.toUpperCase().replace(/../g, '%$&')), least * 3)
  if (!isText(value)) return found

  const text = value.toString()
  const each = (write: (char: string) => string) => Buffer.from([...text].map(write).join(''))
  const code = (char: string) => char.codePointAt(0) ?? 0
  const hex4 = (char: string) => code(char).toString(16).padStart(4, '0')
  add('percent', Buffer.from(encodeURIComponent(text)), least)
  add('percent', Buffer.from(encodeURIComponent(text).toLowerCase()), least)
  add('percent', Buffer.from(new URLSearchParams({ a: text }).toString().slice(2)), least)
  add('JSON', Buffer.from(JSON.stringify(text).slice(1, -1)), least)
  add('JSON', Buffer.from(JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/')), least)
  add(
    'JSON',
    symbolsOnly(text, (char) => `\\u${hex4(char)}`),
    LEAST,
  )
  add(
    'JSON',
    each((char) => `\\u${hex4(char)}`),
    least * 6,
  )
  add(
    'HTML',
    symbolsOnly(text, (char) => named[char] ?? `&#${code(char)};`),
    LEAST,
  )
  add(
    'HTML',
    symbolsOnly(text, (char) => `&#x${code(char).toString(16)};`),
    LEAST,
  )
  add(
    'HTML',
    each((char) => `&#${code(char)};`),
    least * 6,
  )
  add(
    'HTML',
    each((char) => `&#x${code(char).toString(16)};`),
    least * 6,
  )
  const utf16 = Buffer.from(text, 'utf16le')
  add('UTF-16', utf16, least * 2)
  add('UTF-16', Buffer.from(utf16).swap16(), least * 2)
  add('reversed', each((char) => char).reverse(), least)
  return found
}

const named: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const symbolsOnly = (text: string, write: (char: string) => string): Buffer =>
  Buffer.from([...text].map((char) => (/[A-Za-z0-9]/.test(char) ? char : write(char))).join(''))

/** The characters that the value alone decides where it stands in the middle of something, `before` bytes in (0 to 2). */
function base64Inside(value: Buffer, before: number, alphabet: 'base64' | 'base64url'): Buffer {
  const whole = Buffer.concat([Buffer.alloc(before), value])
  const from = Math.ceil((before * 8) / 6)
  return Buffer.from(whole.toString(alphabet).slice(from, Math.floor((whole.length * 8) / 6)))
}

const isText = (value: Buffer): boolean => value.every((byte) => byte >= 32 && byte < 127)
