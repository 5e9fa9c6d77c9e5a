import { expect, test } from 'vitest'
import { mintSecret } from '@/lib/secrets/format'
import { line } from './text'

// CHECKS 50, 112
test('a line that a person typed keeps no secret of ours, and refuses what cannot be shown', () => {
  const secret = mintSecret('test').secret.reveal()
  expect(line(80).parse(` office ${secret} `)).toBe('office gts_test_removed')
  expect(line(80).parse('Büro 3, Hafen')).toBe('Büro 3, Hafen')
  for (const bad of ['a\u0000b', '\u202Etxt', 'two\nlines', 'x'.repeat(81), '\ud800']) {
    expect(line(80).safeParse(bad).success).toBe(false)
  }
})
