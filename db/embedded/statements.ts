/**
 * Just enough of PostgreSQL's lexical structure (manual, chapter 4.1) to tell what a text would do to the one session
 * that all clients of the embedded database share. A word comes out in lower case, a quoted identifier as `"name"`,
 * a string as `'`, a dollar-quoted body as `$` + its text.
 */
const token =
  /\s+|--[^\n]*|"((?:[^"]|"")*)"|[eE]'(?:[^'\\]|''|\\[\s\S])*'|'(?:[^']|'')*'|\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\d[\w.]*|[\s\S]/gy

export function statementsOf(sql: string): string[][] {
  const statements: string[][] = []
  let current: string[] = []
  let at = 0
  while (at < sql.length) {
    if (sql.startsWith('/*', at)) {
      at = endOfComment(sql, at)
      continue
    }
    token.lastIndex = at
    const [text = '', quoted, tag] = token.exec(sql) ?? []
    at += text.length || 1
    const first = text[0] ?? ''
    if (/\s/.test(first) || text.startsWith('--')) continue
    if (text === ';') {
      if (current.length > 0) statements.push(current)
      current = []
    } else if (quoted !== undefined) current.push(`"${quoted.replaceAll('""', '"')}"`)
    else if (first === '$' && text.length > 1) {
      const end = sql.indexOf(`$${tag ?? ''}$`, at)
      current.push(`$${sql.slice(at, end < 0 ? sql.length : end)}`)
      at = end < 0 ? sql.length : end + text.length
    } else if (text.endsWith("'")) current.push("'")
    else current.push(text.toLowerCase())
  }
  if (current.length > 0) statements.push(current)
  return statements
}

function endOfComment(sql: string, start: number): number {
  let depth = 0
  for (let at = start; at < sql.length; at += 1) {
    if (sql.startsWith('/*', at)) {
      depth += 1
      at += 1
    } else if (sql.startsWith('*/', at)) {
      depth -= 1
      at += 1
      if (depth === 0) return at + 1
    }
  }
  return sql.length
}

/** What a text asks of the shared session. */
export type Intent =
  | { kind: 'plain' }
  | { kind: 'refused'; reason: string }
  | { kind: 'listen'; channel: string }
  | { kind: 'unlisten'; channel: string | null }

const suspicious =
  /\b(set|reset|discard|deallocate|prepare|load|temp|temporary|hold|stdin|set_config|listen|unlisten|pg_(try_)?advisory_(un)?lock\w*)\b/i
const sessionLock = /^"?pg_(try_)?advisory_(lock|lock_shared|unlock|unlock_shared|unlock_all)"?$/

const whole: Record<string, string> = {
  reset: 'RESET',
  discard: 'DISCARD',
  deallocate: 'DEALLOCATE',
  prepare: 'PREPARE',
  load: 'LOAD',
}

/** @returns what may run, what is routed here, and what would leave session state behind or leak it to others */
export function intentOf(sql: string): Intent {
  if (!suspicious.test(sql)) return { kind: 'plain' }
  const statements = statementsOf(sql)
  for (const statement of statements) {
    const [first, second] = statement
    if (first === 'listen' || first === 'unlisten') {
      if (statements.length > 1) return refused(`${first.toUpperCase()} beside other statements`)
      if (first === 'listen') return { kind: 'listen', channel: identifier(second ?? '') }
      return { kind: 'unlisten', channel: second === '*' ? null : identifier(second ?? '') }
    }
    const reason = sessionState(statement)
    if (reason) return refused(reason)
  }
  return { kind: 'plain' }
}

const refused = (what: string): Intent => ({
  kind: 'refused',
  reason: `${what} is not available in the embedded database: it has no session state`,
})

const identifier = (text: string): string => (text.startsWith('"') ? text.slice(1, -1) : text)

function sessionState(words: string[]): string | null {
  const [first = '', second = ''] = words
  if (first === 'set' && !['local', 'transaction', 'constraints'].includes(second)) return 'SET without LOCAL'
  const name = whole[first]
  if (name) return name
  if (first === 'create') {
    const rest = words.slice(second === 'or' ? 3 : 1)
    const kind = rest[0] === 'global' || rest[0] === 'local' ? rest[1] : rest[0]
    if (kind === 'temp' || kind === 'temporary') return 'a temporary object'
  }
  if (first === 'declare' && follows(words, 'with', ['hold'])) return 'a cursor WITH HOLD'
  if (first === 'copy' && follows(words, 'from', ['stdin'])) return 'COPY FROM STDIN'
  if (first !== 'create' && follows(words, 'into', ['temp', 'temporary'])) return 'a temporary table'
  for (const [at, word] of words.entries()) {
    if (words[at + 1] !== '(') continue
    if (sessionLock.test(word)) return 'a session-level advisory lock'
    if (/^"?set_config"?$/.test(word) && !isLocal(words, at + 1)) return 'set_config that is not local'
  }
  if (first === 'do') return words.filter((w) => w.startsWith('$')).map(inBody).find(Boolean) ?? null
  return null
}

const follows = (words: string[], word: string, next: string[]): boolean =>
  words.some((w, at) => w === word && next.includes(words[at + 1] ?? ''))

/** The last argument of the call that opens at `at`. */
function isLocal(words: string[], at: number): boolean {
  let depth = 0
  for (let i = at; i < words.length; i += 1) {
    if (words[i] === '(') depth += 1
    if (words[i] === ')') depth -= 1
    if (depth === 0) return words[i - 1] === 'true' && words[i - 2] === ','
  }
  return false
}

function inBody(body: string): string | null {
  for (const statement of statementsOf(body.slice(1))) {
    const from = statement.findIndex((w) => !['begin', 'then', 'else', 'loop'].includes(w))
    const reason = from < 0 ? null : sessionState(statement.slice(from))
    if (reason) return reason
  }
  return null
}
