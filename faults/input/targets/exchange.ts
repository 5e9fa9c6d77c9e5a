import { isDeepStrictEqual } from 'node:util'
import { readJsonApi, readOauth } from '@/lib/gatekeeping/exchange'
import { readJson } from '@/lib/gatekeeping/strict-json'
import { must, type Target } from '../fuzz'
import type { Random } from '../random'

const pair = '{"data":{"type":"auth-token","attributes":{"client_id":"a","client_secret":"b"}}}'
const jsonWords = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"a"',
  '"a":',
  '"__proto__":',
  '"\\u005f_proto__":',
  '"constructor":',
  '\\ud800',
  '\\u0061',
  '1e999',
  '-0',
  'null',
  '"client_id":',
  '"client_secret":',
  '"data":',
  '"login":"x"',
  '[[[[[[[[',
  '\ufeff',
]

/** The same text read by somebody else: names that repeat or reach into prototypes, and the depth. */
function faults(text: string): { value: unknown; deep: boolean; bad: boolean } {
  let [depth, deepest, bad] = [0, 0, false]
  const value = JSON.parse(text)
  const names: Set<string>[] = []
  // JSON is valid here, so a scanner of tokens is enough.
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"\s*:?|[{}[\]]/gs)) {
    if (token === '{' || token === '[') {
      depth++
      names.push(new Set())
    } else if (token === '}' || token === ']') {
      depth--
      names.pop()
    } else if (token.endsWith(':')) {
      const name = JSON.parse(token.slice(0, -1)) as string
      bad ||= names.at(-1)?.has(name) === true || ['__proto__', 'constructor', 'prototype'].includes(name)
      names.at(-1)?.add(name)
    }
    deepest = Math.max(deepest, depth)
  }
  return { value, deep: deepest > 32, bad }
}

function makeJson(random: Random, depth = 0): string {
  const name = (): string => JSON.stringify(random.pick(['a', 'b', 'data', 'client_id', '__proto__', 'é', 'a"b', '']))
  const rest = depth > 5 ? 4 : 7
  switch (random.int(rest)) {
    case 0:
      return JSON.stringify(random.pick(['', 'x', '{"a":1,"a":2}', '\\', '"', '\u2028', '\ud800']))
    case 1:
      return random.pick(['0', '-1', '1e5', '1E400', '12345678901234567890', '-0.0'])
    case 2:
      return random.pick(['true', 'false', 'null'])
    case 3:
      return '{}'
    case 4:
      return `[${Array.from({ length: random.int(4) }, () => makeJson(random, depth + 1)).join(random.pick([',', ' , ']))}]`
    default:
      return `{${Array.from({ length: random.int(4) }, () => `${name()}${random.pick([':', ' :\n'])}${makeJson(random, depth + 1)}`).join(',')}}`
  }
}

export const strictJson: Target = {
  name: 'strict-json',
  examples: [
    pair,
    '{"a":1,"a":2}',
    '{"a":{"constructor":1}}',
    '['.repeat(1000),
    `{${Array.from({ length: 1000 }, (_, i) => `"k${i}":${i}`).join(',')}}`,
    '"\\ud800"',
    '{"a":"\\"a\\":"}',
    '',
  ],
  words: jsonWords,
  make: makeJson,
  check(text) {
    const body = Buffer.from(text)
    // A lone surrogate becomes another character on its way into bytes; a mark at the start is not text (RFC 8259 8.1).
    const sent = new TextDecoder().decode(body)
    const result = readJson(body)
    must(Object.keys(Object.prototype).length === 0, 'Object.prototype is changed')
    let other: ReturnType<typeof faults> | null = null
    try {
      other = faults(sent)
    } catch {}
    const fine = other !== null && !other.deep && !other.bad
    must(
      result.ok === fine,
      result.ok ? 'accepted, and it should not be' : `refused as ${result.fault}, and it is fine`,
    )
    if (result.ok) must(isDeepStrictEqual(result.value, other?.value), 'JSON.parse reads another value')
    return result.ok ? `ok ${typeof result.value} ${Math.min(9, text.split(':').length)}` : result.fault
  },
}

/** The first line is the media type. */
export const jsonApiBody: Target = {
  name: 'json-api-body',
  examples: [
    `application/vnd.api+json\n${pair}`,
    'application/json\n{"client_id":"a","client_secret":"b"}',
    'application/json; charset=utf-8\n{"login":"x"}',
    'text/plain\n{}',
  ],
  words: [...jsonWords, 'application/json', ';', 'charset=latin1'],
  make: (random) =>
    `${random.pick(['application/json', 'application/vnd.api+json', 'text/json', ''])}\n${makeJson(random)}`,
  check(input) {
    const [type = '', ...rest] = input.split('\n')
    const body = rest.join('\n')
    const asked = readJsonApi(type, Buffer.from(body))
    must(Object.keys(Object.prototype).length === 0, 'Object.prototype is changed')
    if (!asked.ok) {
      must([400, 401, 415].includes(asked.status) && asked.detail !== '', 'a refusal without words')
      return `${asked.status} ${asked.code} ${asked.detail.length}`
    }
    const value = JSON.parse(new TextDecoder().decode(Buffer.from(body)))
    const at = value.data ? value.data.attributes : value
    must(at.client_id === asked.clientId && at.client_secret === asked.clientSecret, 'another pair than sent')
    must(
      asked.clientId.length > 0 && asked.clientId.length <= 256 && asked.clientSecret.length <= 256,
      'a length beyond the bound',
    )
    return `ok ${'data' in value}`
  },
}

const form = 'application/x-www-form-urlencoded'

/** The first line is `Authorization` (empty for none), the second the form. */
export const oauthForm: Target = {
  name: 'oauth-form',
  examples: [
    `\ngrant_type=client_credentials&client_id=a&client_secret=b`,
    `Basic ${Buffer.from('a%3Ab+c:d%25').toString('base64')}\ngrant_type=client_credentials`,
    'Basic YTpi\ngrant_type=client_credentials&client_id=a',
    'Bearer x\ngrant_type=client_credentials',
    '\ngrant_type=client_credentials&client_id=a&client_id=b&client_secret=c',
  ],
  words: [
    '&',
    '=',
    '+',
    '%00',
    '%',
    '%e9',
    'client_id=',
    'client_secret=',
    'grant_type=',
    'client_credentials',
    'scope=',
    'Basic ',
    'YTpi',
    '==',
    '__proto__=',
  ],
  check(input) {
    const [authorization = '', ...rest] = input.split('\n')
    const body = Buffer.from(rest.join('\n'))
    const asked = readOauth(form, authorization === '' ? undefined : authorization, body)
    if (!asked.ok) {
      must([400, 401].includes(asked.status), 'a status of another door')
      return `${asked.code} ${asked.basic} ${asked.detail.length}`
    }
    const given = new URLSearchParams(body.toString('latin1'))
    must(isDeepStrictEqual(given.getAll('grant_type'), ['client_credentials']), 'another grant, or two')
    for (const name of ['client_id', 'client_secret']) must(given.getAll(name).length <= 1, `${name} came twice`)
    const ascii = /^[\0-\x7f]*$/.test(body.toString('latin1'))
    if (authorization === '' && ascii) {
      must(
        given.get('client_id') === asked.clientId && given.get('client_secret') === asked.clientSecret,
        'another pair than sent',
      )
    }
    if (authorization !== '') {
      must(!given.has('client_secret'), 'two ways of authentication')
      const [id = '', ...secret] = Buffer.from(authorization.replace(/^basic +/i, ''), 'base64')
        .toString()
        .split(':')
      const decoded = new URLSearchParams(`i=${id}`.replaceAll('&', '%26'))
      must(decoded.get('i') === asked.clientId, 'another id than in Basic')
      must(secret.length > 0, 'no colon')
    }
    return `ok ${authorization !== ''} ${given.has('client_id')}`
  },
}
