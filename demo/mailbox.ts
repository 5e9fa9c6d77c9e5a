import { createServer, type ServerResponse } from 'node:http'
import { SMTPServer } from 'smtp-server'
import { drain, listenOn } from '@/bin/shared/listen'
import { ready, run, stopWith } from '@/bin/shared/process'
import { readEnv } from '@/lib/env'
import { type Mail, readMail } from './shared/mail'

/** Takes every mail of the demo and shows it on one page. Nothing leaves this computer. */
run(async () => {
  const env = readEnv('demo')
  const mails: Mail[] = []
  const pages = await listenOn(() => createServer((_req, res) => page(res, mails)), {
    addresses: ['127.0.0.1', '::1'],
    port: env.demoMailboxPort,
    name: 'DEMO_MAILBOX_PORT',
  })
  const smtp = await receive(env.demoSmtpPort, (mail) => {
    // A mail that is sent again has the id of the first time.
    if (mail.id && mails.some((m) => m.id === mail.id)) return
    mails.unshift(mail)
    mails.length = Math.min(mails.length, MOST_MAILS)
  })
  stopWith(async () => {
    await Promise.all([drain(pages), new Promise<void>((done) => smtp.close(() => done()))])
  })
  ready(`mailbox on 127.0.0.1:${env.demoMailboxPort}`)
})

const MOST_MAILS = 200
const LARGEST_MAIL = 256 * 1024

async function receive(port: number, take: (mail: Mail) => void): Promise<SMTPServer> {
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    size: LARGEST_MAIL,
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => {
        if (!stream.sizeExceeded) chunks.push(chunk)
      })
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map((r) => r.address).join(', ')
        take({ ...readMail(Buffer.concat(chunks)), to, at: new Date() })
        done()
      })
    },
  })
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject)
    server.listen(port, '127.0.0.1', () => resolve())
  })
  server.removeAllListeners('error')
  server.on('error', () => {})
  return server
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)

function page(res: ServerResponse, mails: readonly Mail[]): void {
  const items = mails.map(
    (m) =>
      `<article><h2>${escaped(m.subject)}</h2><p class="to">To ${escaped(m.to)}, <time datetime="${m.at.toISOString()}">${m.at
        .toISOString()
        .slice(0, 19)
        .replace('T', ' ')} UTC</time></p><pre>${escaped(m.text)}</pre></article>`,
  )
  res.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': `default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'`,
  })
  res.end(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mailbox of the demo</title>
<meta name="viewport" content="width=device-width"><style>
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}
article{border:1px solid #8886;border-radius:8px;padding:0 1rem;margin:1rem 0}h2{font-size:1.1rem}.to{opacity:.75}
pre{white-space:pre-wrap;font:inherit;overflow-wrap:anywhere}</style></head><body><h1>Mailbox of the demo</h1>
<p>Every mail the demo sends ends here, newest first. Reload to see new ones.</p>${items.join('') || '<p>No mail yet.</p>'}</body></html>`)
}
