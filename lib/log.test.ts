import { describe, expect, it, vi } from 'vitest'
import { faultOf, log, oneLine, takeOverConsole } from './log'

describe('log lines', () => {
  it('are one JSON object a line, whatever a client sent', () => {
    // CHECKS 117
    const hostile = 'a\r\n{"level":"error"}\u001b[31m\u007f\u0085\u009b\u2028\u2029\u0000\ud800'
    const line = oneLine({ path: hostile })
    expect(line).toMatch(/^[\x20-\x7e]*$/)
    expect((JSON.parse(line) as { path: string }).path).toBe(hostile)
    const written: string[] = []
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0)
    log('info', 'test', { hostile })
    spy.mockRestore()
    expect(written).toHaveLength(1)
    expect(written[0]!.split('\n')).toHaveLength(2)
  })

  it('say of an error its class and code, and nothing that a driver wrote', () => {
    // CHECKS 129
    const cause = Object.assign(new Error('duplicate key (public_id)=(gtk_live_x)'), { code: '23505' })
    const error = new Error('Failed query: insert … params: gts_live_secret', { cause })
    expect(JSON.stringify(faultOf(error))).not.toMatch(/gts_|gtk_|params/)
    expect(faultOf(error)).toMatchObject({ error: 'Error', code: '23505' })
    expect(faultOf('gts_live_secret')).toEqual({ error: 'string' })
  })

  it('never take a line of the message for the place it was thrown at', () => {
    expect(JSON.stringify(faultOf(new Error('params: x\n    at gts_live_secret')))).not.toContain('gts_')
  })

  it('are all that is left of what the framework prints', () => {
    // CHECKS 129
    const kept = { error: console.error, warn: console.warn }
    const written: string[] = []
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0)
    takeOverConsole()
    const cause = Object.assign(new Error('invalid byte in gts_live_secret'), { code: '22021' })
    const failed = Object.assign(new Error('Failed query: params: gts_live_secret', { cause }), { digest: '123@E1' })
    console.error('⨯', failed)
    console.warn('[next-auth][warn] gts_live_secret\n', { token: 'gts_live_secret' })
    Object.assign(console, kept)
    spy.mockRestore()
    expect(written).toHaveLength(2)
    expect(written.join('')).not.toContain('gts_')
    expect(JSON.parse(written[0]!)).toMatchObject({
      level: 'error',
      event: 'framework',
      code: '22021',
      digest: '123@E1',
    })
  })
})
