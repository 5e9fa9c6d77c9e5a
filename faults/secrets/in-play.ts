import { decode } from 'next-auth/jwt'
import { sha256 } from '@/lib/secrets/format'
import type { Exchange } from './recorder'
import { homes, randomPart, type Secret } from './secret-kinds'

/** Names of the server actions by the id that a request carries. */
export type ActionNames = ReadonlyMap<string, string>

/** The action that a request to the console runs; null for everything else. */
export function actionOf({ requestHead }: Exchange, names: ActionNames): string | null {
  const id = /^next-action: *(\S+)/im.exec(requestHead)?.[1]
  return id === undefined ? null : (names.get(id) ?? 'an unknown action')
}

const all = (pattern: RegExp, text: string): string[] => Array.from(text.matchAll(pattern), ([, value]) => value ?? '')

/** Every secret that passed, read from the one place where each kind is born or typed. */
export async function secretsIn(
  exchanges: readonly Exchange[],
  names: ActionNames,
  sessionSecret: string,
): Promise<Secret[]> {
  const found = new Map<string, Secret>()
  const add = (kind: keyof typeof homes, value: Buffer, more: Partial<Secret> = {}) => {
    if (value.length === 0) return
    found.set(`${kind} ${value.toString('latin1')}`, { kind, value, home: homes[kind], ...more })
  }
  for (const exchange of exchanges) {
    const request = exchange.requestBody.toString()
    const response = exchange.responseBody.toString()
    const path = exchange.url.split('?')[0] ?? ''
    if (exchange.of === 'gate' && exchange.method === 'POST' && /token\/?$/.test(path)) {
      for (const token of all(/"access(?:_token)?" *: *"([^"]+)"/g, response)) {
        add('accessToken', Buffer.from(token.split('.').at(-1) ?? ''))
      }
    }
    if (exchange.of !== 'console') continue
    const action = actionOf(exchange, names)
    if (action === 'regenerateAction') {
      for (const secret of all(/"(gts_(?:test|live)_[A-Za-z0-9]{49})"/g, response)) {
        add('apiSecret', randomPart(secret), { mostAnswers: 1 })
        add('digest', Buffer.from(sha256(secret)))
      }
    }
    if (action === 'startEnrolmentAction') {
      for (const seed of all(/"seed":"([A-Z2-7]{32})"/g, response)) {
        for (const value of seedForms(seed)) add('enrolledSeed', value, { mostAnswers: 1 })
      }
    }
    if (action === 'openTicketAction') {
      for (const ticket of all(/"ticket":"([\w-]{20,})"/g, response)) add('ticket', Buffer.from(ticket))
    }
    if (action) {
      for (const password of all(/"(?:password|next)":"([^"\\]{12,})"/g, request)) {
        add('password', Buffer.from(password), { whole: true })
      }
      for (const code of all(/"code":"(\d{6})"/g, request)) if (!isTypical(code)) add('code', Buffer.from(code))
    }
    for (const line of all(/^set-cookie: *(.+)$/gim, exchange.responseHead)) {
      const [, name = '', cookie = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (cookie.length < LEAST_COOKIE) continue
      // The encrypted one begins with a header that all of them share.
      add('cookie', Buffer.from(cookie.replace(/^[^.]+\.\./, '')))
      if (!name.endsWith('session')) continue
      const sid = (await decode({ token: cookie, secret: sessionSecret }).catch(() => null))?.['sid']
      if (typeof sid !== 'string') continue
      add('sessionId', Buffer.from(sid))
      add('digest', Buffer.from(sha256(sid)))
    }
  }
  return [...found.values()]
}

const LEAST_COOKIE = 20

/** Wrong on purpose, and frequent anywhere. */
const isTypical = (code: string): boolean => /^(\d)\1+$/.test(code) || code === '123456'

/** A seed as the key shows it, as an address carries it, as people type it, and the bytes that it stands for. */
export function seedForms(seed: string): Buffer[] {
  const bits = [...seed].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const bytes = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const grouped = (seed.match(/.{4}/g) ?? []).join(' ')
  return [...[seed, seed.toLowerCase(), grouped].map((text) => Buffer.from(text)), bytes]
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
