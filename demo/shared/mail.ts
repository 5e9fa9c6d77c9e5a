/** The few parts of a mail (RFC 5322, RFC 2045, RFC 2047) that the demo's mailbox shows; made for our own mails. */
export type Mail = { id: string; subject: string; text: string; to: string; at: Date }

export function readMail(raw: Buffer): Pick<Mail, 'id' | 'subject' | 'text'> {
  const { headers, body } = split(raw.toString('latin1'))
  return {
    id: headers['message-id'] ?? '',
    subject: decodeWords(headers['subject'] ?? ''),
    text: textOf(headers, body),
  }
}

type Headers = Record<string, string>

function split(text: string): { headers: Headers; body: string } {
  const end = /\r?\n\r?\n/.exec(text)
  const head = end ? text.slice(0, end.index) : text
  const headers: Headers = {}
  for (const line of head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':')
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  return { headers, body: end ? text.slice(end.index + end[0].length) : '' }
}

/** The plain text: the body itself, or the first plain part of it. */
function textOf(headers: Headers, body: string): string {
  const type = headers['content-type'] ?? 'text/plain'
  const boundary = /boundary="?([^";]+)"?/i.exec(type)?.[1]
  if (/^multipart\//i.test(type) && boundary) {
    const parts = body
      .split(`--${boundary}`)
      .slice(1, -1)
      .map((part) => split(part.replace(/^\r?\n/, '')))
    const plain = parts.find((p) => /^text\/plain/i.test(p.headers['content-type'] ?? 'text/plain')) ?? parts[0]
    return plain ? textOf(plain.headers, plain.body) : ''
  }
  return decode(body, headers['content-transfer-encoding'] ?? '').trim()
}

function decode(body: string, encoding: string): string {
  if (/base64/i.test(encoding)) return Buffer.from(body, 'base64').toString('utf8')
  const bytes = /quoted-printable/i.test(encoding)
    ? body
        .replace(/=\r?\n/g, '')
        .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : body
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

const decodeWords = (text: string): string =>
  text
    .replace(/(=\?[^?]+\?[bq]\?[^?]*\?=)\s+(?==\?)/gi, '$1')
    .replace(/=\?[^?]+\?([bq])\?([^?]*)\?=/gi, (_, kind: string, content: string) =>
      kind.toLowerCase() === 'b'
        ? Buffer.from(content, 'base64').toString('utf8')
        : decode(content.replaceAll('_', ' '), 'quoted-printable'),
    )
