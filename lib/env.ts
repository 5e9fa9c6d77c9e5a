import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { embeddedUrl } from '@/db/embedded/location'
import type { KeyRing } from '@/lib/secrets/keys'
import { parseRange, type Range } from '@/lib/whitelist/model'

/**
 * The only reader of the environment outside `db/` and `bin/`. Every program takes its own part of it, so that none
 * holds a key it does not need. `docs/operators.md` repeats this table; a test compares them.
 */
export type Program = 'start' | 'owner' | 'migrate' | 'console' | 'gate' | 'dispatcher' | 'operator' | 'demo'

type Variable = {
  programs: readonly Program[]
  schema: z.ZodType
  /** May come as NAME_FILE, is made in embedded mode, and is refused when weak. */
  secret?: true
  /** Used where nothing is given; `embedded` only where the database is the embedded one. */
  fallback?: string
  embedded?: string
  /** What to write. */
  means: string
  /** May be missing altogether. */
  optional?: true
}

const say = (message: string) => ({ error: () => message })

const listOf = <T>(read: (text: string) => T | null, what: string) =>
  z.string().transform((text, ctx): T[] => {
    const items = text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean)
    return items.flatMap((item) => {
      const value = read(item)
      if (value !== null) return [value]
      ctx.addIssue({ code: 'custom', message: `${JSON.stringify(item)} is not ${what}` })
      return []
    })
  })

const rangeOf = (text: string): Range | null => {
  const parsed = parseRange(text)
  return parsed.ok ? parsed.range : null
}

/** An origin: scheme, host and port, nothing after it. */
const origin = z.string().transform((text, ctx): string => {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash && !url.username) {
    return url.origin
  }
  ctx.addIssue({ code: 'custom', message: 'is not an origin: write scheme, host and port only, https://gate.example' })
  return z.NEVER
})

const port = z
  .string()
  .regex(/^\d{1,5}$/, say('is not a port: write a number from 1 to 65535'))
  .transform(Number)
  .refine((n) => n >= 1 && n <= 65535, say('is not a port: write a number from 1 to 65535'))

const flag = z
  .string()
  .regex(/^[01]?$/, say('is a switch: write 1, or leave it out'))
  .transform((text) => text === '1')

const keyBytes = (text: string): Buffer | null => {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === 32 && bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '') ? bytes : null
}

const aKey = 'is not a key: write 32 bytes in base64, as `openssl rand -base64 32` prints them'
const key = z.string().transform((text, ctx): Buffer => {
  const bytes = keyBytes(text)
  if (bytes) return bytes
  ctx.addIssue({ code: 'custom', message: aKey })
  return z.NEVER
})

const namedKey = (text: string): { id: string; raw: Buffer } | null => {
  const [, id, encoded] = /^([a-z0-9][a-z0-9_-]{0,31}):(\S+)$/.exec(text) ?? []
  const raw = encoded ? keyBytes(encoded) : null
  return id && raw ? { id, raw } : null
}
const aNamedKey = 'is not a named key: write `id:` and 32 bytes in base64, for example `k1:$(openssl rand -base64 32)`'

const keyRing = z.string().transform((text, ctx): KeyRing => {
  const keys = text.split(',').map((part) => namedKey(part.trim()))
  const ids = keys.map((k) => k?.id)
  if (keys.includes(null)) ctx.addIssue({ code: 'custom', message: `a part of it ${aNamedKey}` })
  else if (new Set(ids).size < ids.length) ctx.addIssue({ code: 'custom', message: 'names two keys alike' })
  const found = keys.filter((k) => k !== null)
  return { current: found[0]?.id ?? '', byId: new Map(found.map((k) => [k.id, k.raw])) }
})

const publicKey = z.string().transform((text, ctx): { id: string; raw: Buffer } => {
  const found = namedKey(text)
  if (found) return found
  ctx.addIssue({ code: 'custom', message: aNamedKey })
  return z.NEVER
})

const phrase = z.string().min(32, say('is too short: write at least 32 random characters, `openssl rand -base64 32`'))

const url = (protocols: string, example: string) =>
  z.string().refine((text) => URL.canParse(text) && new RegExp(`^(${protocols}):$`).test(new URL(text).protocol), {
    error: () => `is not an address: write for example ${example}`,
  })

const everybody = ['start', 'owner', 'migrate', 'console', 'gate', 'dispatcher', 'operator', 'demo'] as const
const withDatabase = ['start', 'migrate', 'console', 'gate', 'dispatcher', 'operator', 'demo'] as const
const servers = ['start', 'console', 'gate', 'demo'] as const

export const variables = {
  GATEHOUSE_ENV: {
    programs: ['start', 'migrate', 'console', 'gate', 'dispatcher', 'operator', 'demo'],
    schema: z.enum(['live', 'test'], say('must be live or test')),
    embedded: 'test',
    means: 'what this installation is, `live` or `test`; never changes',
  },
  GATEHOUSE_DEMO: {
    programs: everybody,
    schema: flag,
    fallback: '',
    means: 'set by `npm start` alone; the database remembers whether it is a demo, and both must agree',
  },
  DATABASE_URL: {
    programs: withDatabase,
    schema: url('postgres|postgresql', 'postgres://user:password@host:5432/gatehouse'),
    means: 'PostgreSQL 15 or newer. Left out: the embedded database below DATA_DIR, for trying Gatehouse',
  },
  DATA_DIR: {
    programs: everybody,
    schema: z.string().transform((text) => resolve(text)),
    fallback: 'data',
    means: 'where the embedded database, its keys and the logs of the parts are',
  },
  CONSOLE_PORT: {
    programs: ['start', 'console', 'demo'],
    schema: port,
    fallback: '3000',
    means: 'port of the console',
  },
  CONSOLE_URL: {
    programs: ['start', 'console', 'dispatcher', 'operator', 'demo'],
    schema: origin,
    embedded: 'http://127.0.0.1:$CONSOLE_PORT',
    means: 'the address people type: the only Origin that may change anything, and what links in mails begin with',
  },
  GATE_PORT: { programs: ['start', 'gate', 'demo'], schema: port, fallback: '4000', means: "the gate's public port" },
  PUBLIC_GATE_URLS: {
    programs: ['start', 'console', 'gate', 'demo'],
    schema: listOf((text) => origin.safeParse(text).data ?? null, 'an origin like https://gate.example').refine(
      (list) => list.length > 0,
      say('is empty: write the address integrators call'),
    ),
    embedded: 'http://127.0.0.1:$GATE_PORT',
    means: 'addresses integrators call, comma-separated; the first is shown and is the issuer of tokens',
  },
  INTERNAL_PORT: {
    programs: ['start', 'gate', 'demo'],
    schema: port,
    fallback: '4001',
    means: "port of the gate's internal listener, on loopback only",
  },
  UPSTREAM_URL: {
    programs: ['start', 'gate', 'demo'],
    schema: url('https?', 'http://127.0.0.1:8080'),
    means: "the payment platform's API behind the gate",
  },
  ROUTES_FILE: {
    programs: ['start', 'gate'],
    schema: z.string().transform((text) => resolve(text)),
    means: 'which right each route of the upstream needs (JSON)',
  },
  LISTEN_ADDRESSES: {
    programs: servers,
    schema: listOf((text) => (/^[0-9a-fA-F.:]+$/.test(text) ? text : null), 'an IP address').refine(
      (list) => list.length > 0,
      say('is empty: write the addresses to listen on'),
    ),
    fallback: '127.0.0.1,::1',
    means: 'addresses that console and gate listen on, comma-separated; `::` is every address of the host',
  },
  TRUSTED_PROXIES: {
    programs: ['start', 'console', 'gate'],
    schema: listOf(rangeOf, 'a network like 10.0.0.0/8'),
    fallback: '',
    means: 'networks of your reverse proxies, comma-separated: only these are believed about `X-Forwarded-For`',
  },
  SMTP_URL: {
    programs: ['start', 'dispatcher'],
    schema: url('smtps?', 'smtps://user:password@mail.example:465'),
    optional: true,
    means: 'mail server. Left out: mails wait in the database',
  },
  MAIL_FROM: {
    programs: ['start', 'dispatcher'],
    schema: z
      .string()
      .regex(/^[^<>\r\n]*<?[^<>\s@]+@[^<>\s@]+>?$/, say('is not a sender: write Name <address@example>')),
    fallback: 'Gatehouse <gatehouse@localhost>',
    means: 'sender of mails',
  },
  ALLOW_INSECURE_HTTP: {
    programs: ['start', 'console'],
    schema: flag,
    fallback: '',
    means: '1 allows a CONSOLE_URL with plain http that is not loopback: a permanent banner, and never money-out',
  },
  DEMO_API_PORT: {
    programs: ['start', 'demo'],
    schema: port,
    fallback: '4100',
    means: "port of the demo's sample API",
  },
  DEMO_SMTP_PORT: {
    programs: ['start', 'demo'],
    schema: port,
    fallback: '4101',
    means: "port of the demo's mail server",
  },
  DEMO_MAILBOX_PORT: {
    programs: ['start', 'demo'],
    schema: port,
    fallback: '4102',
    means: "port of the page with the demo's mails",
  },
  NEXTAUTH_SECRET: { programs: ['console'], schema: phrase, secret: true, means: "signs the console's session cookie" },
  NEXT_SERVER_ACTIONS_ENCRYPTION_KEY: {
    programs: ['console'],
    schema: key.transform((bytes) => bytes.toString('base64')),
    secret: true,
    means: 'shared by all instances of the console, so that a form of one is understood by another',
  },
  TAG_KEY: { programs: ['console', 'gate', 'demo'], schema: key, secret: true, means: 'tags public ids' },
  TOTP_KEYS: {
    programs: ['migrate', 'console', 'demo'],
    schema: keyRing,
    secret: true,
    means: 'seals the seeds of time-based codes: `id:key`, comma-separated, the first is current',
  },
  GATE_PUBLIC_KEY: {
    programs: ['migrate', 'console', 'demo'],
    schema: publicKey,
    secret: true,
    means: 'the console seals secrets to it (HPKE, X25519): `id:key`',
  },
  GATE_PRIVATE_KEYS: {
    programs: ['gate', 'dispatcher'],
    schema: keyRing,
    secret: true,
    means: 'the private halves, held by gate and dispatcher alone: `id:key`, comma-separated',
  },
  UPSTREAM_SECRET: {
    programs: ['gate', 'demo'],
    schema: phrase,
    secret: true,
    means: 'signs `Gatehouse-Assertion` for the upstream',
  },
} as const satisfies Record<string, Variable>

type Variables = typeof variables
export type Name = keyof Variables
type Camel<S extends string> = S extends `${infer A}_${infer B}`
  ? `${Lowercase<A>}${Capitalize<Camel<B>>}`
  : Lowercase<S>
type NameOf<P extends Program> = { [N in Name]: P extends Variables[N]['programs'][number] ? N : never }[Name]
type ValueOf<N extends Name> =
  | z.output<Variables[N]['schema']>
  | (Variables[N] extends { optional: true } ? undefined : never)

/** What a program knows of its surroundings, under the names of the variables in camel case. */
export type Env<P extends Program> = { [N in NameOf<P> as Camel<N>]: ValueOf<N> } & { embedded: boolean }

/** Everything that is wrong with the environment, one line each. */
export class EnvError extends Error {
  constructor(readonly problems: string[]) {
    super(problems.join('\n'))
  }
}

export type Source = Readonly<Record<string, string | undefined>>

/**
 * @param program whose part to read
 * @throws EnvError with all mistakes at once
 */
export function readEnv<P extends Program>(program: P, source: Source = process.env): Env<P> {
  const problems: string[] = []
  const embedded = !source['DATABASE_URL']
  const demo = source['GATEHOUSE_DEMO'] === '1'
  const values: Record<string, unknown> = { embedded }
  for (const name of Object.keys(variables) as Name[]) {
    const variable: Variable = variables[name]
    if (!variable.programs.includes(program)) continue
    const text = textOf(name, variable, source, { embedded, demo, problems })
    if (text === undefined) continue
    const parsed = variable.schema.safeParse(text)
    if (parsed.success) values[camel(name)] = parsed.data
    else for (const issue of parsed.error.issues) problems.push(`${name} ${issue.message}`)
    if (parsed.success && variable.secret && !demo) problems.push(...weakness(name, text))
  }
  problems.push(...together(values))
  if (problems.length > 0) throw new EnvError(problems)
  return values as Env<P>
}

/** The part of an operator's program in a running demo: keys are not among it, and the environment is known. */
export const readDemoOperator = (): Env<'operator'> =>
  readEnv('operator', { ...process.env, GATEHOUSE_DEMO: '1', GATEHOUSE_ENV: 'test' })

type Mode = { embedded: boolean; demo: boolean; problems: string[] }

function textOf(name: Name, variable: Variable, source: Source, mode: Mode): string | undefined {
  const given = source[name]?.trim() || undefined
  const file = variable.secret ? source[`${name}_FILE`]?.trim() || undefined : undefined
  if (given && file) mode.problems.push(`${name} and ${name}_FILE are both given: keep one`)
  if (given) return given
  if (file) return contentOf(name, file, mode.problems)
  const dataDir = resolve(source['DATA_DIR']?.trim() || variables.DATA_DIR.fallback)
  if (name === 'DATABASE_URL') return embeddedUrl(dataDir)
  if (variable.secret && (mode.embedded || mode.demo)) {
    const own = keyFile(dataDir, name)
    if (existsSync(own)) return contentOf(name, own, mode.problems)
  }
  const fallback = variable.fallback ?? (mode.embedded || mode.demo ? variable.embedded : undefined)
  if (fallback !== undefined) return fallback.replace(/\$([A-Z_]+)/, (_, other: Name) => portOf(other, source))
  if (!variable.optional) {
    const how = variable.secret ? `, or ${name}_FILE with the path of a file that holds it` : ''
    mode.problems.push(`${name} is missing: ${variable.means}${how}`)
  }
  return undefined
}

const portOf = (name: Name, source: Source): string =>
  source[name]?.trim() || (variables[name] as Variable).fallback || ''

/** Where a key lives that was made for an embedded database or a demo. */
export const keyFile = (dataDir: string, name: string): string => join(dataDir, 'keys', name)

function contentOf(name: string, path: string, problems: string[]): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    problems.push(`${name}_FILE cannot be read: ${path} (${(error as NodeJS.ErrnoException).code})`)
    return undefined
  }
}

/** Keys of a demo begin with this, in base64 letters, so that no production program takes one by accident. */
export const DEMO_MARK = 'DEMO'

/** Random text of this length never has so few different characters; typed text and examples do. */
function weakness(name: string, text: string): string[] {
  return text.split(',').flatMap((part) => {
    const secret = part.trim().replace(/^[a-z0-9_-]{1,32}:/, '')
    const known = /change.?me|example|password|secret|insecure|default|12345678|abcdefgh/i.test(secret)
    if (secret.startsWith(DEMO_MARK)) return [`${name} is the key of a demo: make one with \`openssl rand -base64 32\``]
    if (known || new Set(secret).size < 12) return [`${name} is weak: make one with \`openssl rand -base64 32\``]
    return []
  })
}

/** Browsers treat plain http to such a host as secure. */
export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(host)

/** What is wrong only together with something else. */
function together(values: Record<string, unknown>): string[] {
  const problems: string[] = []
  const consoleUrl = values['consoleUrl']
  if (typeof consoleUrl === 'string' && 'allowInsecureHttp' in values && values['allowInsecureHttp'] !== true) {
    const parsed = new URL(consoleUrl)
    if (parsed.protocol === 'http:' && !isLoopback(parsed.hostname)) {
      problems.push(
        'CONSOLE_URL is plain http and not loopback: browsers drop secure cookies there. Write https://…, or set ALLOW_INSECURE_HTTP=1',
      )
    }
  }
  const ports = (['CONSOLE_PORT', 'GATE_PORT', 'INTERNAL_PORT'] as const).filter((n) => values[camel(n)] !== undefined)
  for (const [at, name] of ports.entries()) {
    const twin = ports.slice(0, at).find((other) => values[camel(other)] === values[camel(name)])
    if (twin) problems.push(`${name} and ${twin} are the same port: give each its own`)
  }
  return problems
}

const camel = (name: string): string => name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())

const shared = globalThis as { gatehouseConsoleEnv?: Env<'console'> }

/** The console's part, read once; shared with the pages, which are another bundle in the same process. */
export function consoleEnv(): Env<'console'> {
  shared.gatehouseConsoleEnv ??= readEnv('console')
  return shared.gatehouseConsoleEnv
}

/** The variables a program reads, for the one that starts it: a child gets nothing else. */
export const namesFor = (program: Program): string[] => {
  const own = (Object.keys(variables) as Name[]).filter((name) =>
    (variables[name] as Variable).programs.includes(program),
  )
  return [...new Set(own.flatMap(namesRead))]
}

/** A variable itself, the file it may come from, and the ones its fallback is made of. */
function namesRead(name: Name): string[] {
  const { secret, fallback, embedded } = variables[name] as Variable
  const others = `${fallback} ${embedded}`.matchAll(/\$([A-Z_]+)/g)
  return [name, ...(secret ? [`${name}_FILE`] : []), ...Array.from(others, ([, other]) => other ?? '')]
}
