import { expect, test } from 'vitest'
import { normaliseEmail } from './email'

// CHECKS 119
test.each([
  'a@127.1',
  'a@[127.0.0.1]',
  'a@0x7f.1',
  'a@b..example',
  'a@b.example.',
  'a@.example',
  'a@-b.example',
  'a@localhost',
  '"e@attacker"@victim.example',
  'a@b.example, c@d.example',
  'a@b.example\r\nBcc: c@d.example',
  'Olivia <a@b.example>',
])('%j is not one plain address', (text) => {
  expect(normaliseEmail(text)).toBeNull()
})

// CHECKS 119
test('one mailbox has one form', () => {
  expect(normaliseEmail(' A.b+c@EXAMPLE.com ')).toBe('a.b+c@example.com')
  expect(normaliseEmail('a＠bücher.example')).toBe('a@xn--bcher-kva.example')
  expect(normaliseEmail('a@1.2.example')).toBe('a@1.2.example')
})
