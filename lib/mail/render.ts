import { mail as words } from '@/lib/words/mail'
import { type Notice, notices } from './model'

export type Rendered = { subject: string; text: string; html: string }

/** A mail from its template and values. The subject stays one line, the HTML holds nothing but escaped text. */
export function render(row: { template: string; values: Record<string, string> }): Rendered {
  const template = notices.find((n): n is Notice => n === row.template)
  if (!template) throw new Error('a mail has an unknown template')
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => readable(name, row.values[name] ?? ''))
  const subject = fill(words[template].subject).replace(/\s+/g, ' ').slice(0, 200)
  const lines = words[template].lines.map(fill)
  return {
    subject,
    text: `${lines.join('\n\n')}\n`,
    html: `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeHtml(subject)}</title><body>${lines
      .map((l) => `<p>${escapeHtml(l)}</p>`)
      .join('')}</body></html>`,
  }
}

/** Instants are said in UTC with the zone; a mail does not know its reader's. */
const readable = (name: string, value: string): string =>
  name === 'at' ? `${value.slice(0, 16).replace('T', ' ')} UTC` : value.replace(/[\r\n]+/g, ' ')

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
