import type { Random } from './random'

/** Pieces that parsers have stumbled over, whatever they parse. */
const troubles = [
  '',
  '\0',
  '\r\n',
  '\n',
  '\t',
  ' ',
  '%',
  '%00',
  '%2f',
  '%2e%2e',
  '%5c',
  '%25',
  '%c0%af',
  '%ff',
  '%u002f',
  '//',
  '/../',
  '/./',
  '\\',
  ';',
  '#',
  '?',
  '&',
  '=',
  '+',
  '"',
  "'",
  ',',
  ':',
  '@',
  '.',
  '..',
  '-',
  '_',
  '{',
  '}',
  '[',
  ']',
  '__proto__',
  'constructor',
  '\ud800',
  '\udc00',
  '\u202e',
  '\u200b',
  '\ufeff',
  '\u212a',
  '\u017f',
  '\u0130',
  '\uff0e',
  '\uff0f',
  '\u2024',
  '\u00e9',
  'e\u0301',
  '😀',
  '0',
  '-0',
  '1e3',
  '00',
  '0x',
  'null',
  'true',
  '4294967296',
  '9007199254740993',
]

/** A longest input: what servers let through in one line or body. */
const longest = 16 * 1024

/** One to four small changes to a text; now and then a piece of another one. */
export function mutate(text: string, random: Random, others: readonly string[], words: readonly string[]): string {
  let changed = text
  for (let n = 1 + random.int(4); n > 0; n--) changed = changeOnce(changed, random, others, words)
  return changed.length > longest ? changed.slice(0, longest) : changed
}

function changeOnce(text: string, random: Random, others: readonly string[], words: readonly string[]): string {
  const at = random.int(text.length + 1)
  const to = Math.min(text.length, at + 1 + random.int(8))
  const put = (piece: string, end = at): string => text.slice(0, at) + piece + text.slice(end)
  switch (random.int(11)) {
    case 0:
      return put('', to)
    case 1:
      return put(text.slice(at, to).repeat(1 + random.int(3)))
    case 2:
      return put(random.pick(troubles))
    case 3:
      return put(random.pick(troubles), at + 1)
    case 4:
      return words.length > 0 ? put(random.pick(words), random.chance(2) ? at : to) : text
    case 5:
      return put(String.fromCharCode(random.int(random.chance(4) ? 0x10000 : 0x100)), at + 1)
    case 6: {
      const char = text.charCodeAt(at)
      return Number.isNaN(char) ? text : put(String.fromCharCode(char ^ (1 << random.int(7))), at + 1)
    }
    case 7:
      return put(swapCase(text.slice(at, to)), to)
    case 8: {
      const other = random.pick(others)
      return text.slice(0, at) + other.slice(random.int(other.length + 1))
    }
    case 9: {
      const byte = text.charCodeAt(at)
      return byte < 0x100 ? put(`%${byte.toString(16).padStart(2, '0')}`, at + 1) : text
    }
    default:
      return random.chance(20) ? put((text.slice(at, to) || 'a').repeat(1 + random.int(2000))) : put(text[at] ?? '')
  }
}

const swapCase = (text: string): string => (text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase())
