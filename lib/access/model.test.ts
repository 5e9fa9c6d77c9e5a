import { expect, test } from 'vitest'
import { can, type Permission, permissions, roles } from './model'
import { returnPath } from './return-path'
import { operations } from './step-up'

// CHECKS 36: the table of CONTRACTS section 2, written out by hand.
const table: Record<Permission, string> = {
  'status.read': 'ROAM',
  'activity.read': 'ROA',
  'access_list.read': 'ROA',
  'credentials.regenerate': 'RO',
  'credentials.discard': 'RO',
  'api_user.switch': 'RO',
  'money_out.switch': 'RO',
  'overlap.end': 'RO',
  'overlap.shorten': 'ROA',
  'api_whitelist.change': 'ROA',
  'api_whitelist.turn_off': 'RO',
}

test('who may do what', () => {
  for (const [permission, who] of Object.entries(table)) {
    const holders = roles.filter((r) => can(r, permission as Permission)).map((r) => r[0]?.toUpperCase())
    expect([permission, holders.join('')]).toEqual([permission, who])
  }
  expect(Object.keys(permissions).sort()).toEqual(Object.keys(table).sort())
})

test('making a secret or money-out asks for the password and the code, a whitelist for the code', () => {
  const withPassword = Object.entries(operations)
    .filter(([, rule]) => rule.password)
    .map(([name]) => name)
  expect(withPassword.sort()).toEqual(['credentials.regenerate', 'money_out.allow'])
})

// CHECKS 105
test('a sign-in returns to our own pages only', () => {
  expect(returnPath('/m/harbour/access/api')).toBe('/m/harbour/access/api')
  for (const bad of [
    '//evil.example',
    '/\\evil.example',
    'https://127.0.0.1.evil.example',
    'javascript:alert(1)',
    '/m/x%0d%0aSet-Cookie:a',
    '/m/../x',
    '/m/x?y',
    null,
    ['/m/x'],
    '/api/auth/signout',
  ])
    expect(returnPath(bad)).toBe('/')
})
