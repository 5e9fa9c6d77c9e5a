import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, devices } from '@playwright/test'
import { embeddedUrl } from '@/db/embedded/location'
import { freePorts } from '@/testing/free-ports'

/** The built product, as `npm start` runs it, with a database of its own on ports that nobody has. */
const cache = join(process.cwd(), 'node_modules/.cache/gatehouse/e2e')

// Workers read this file again: what was chosen once is handed on through the environment.
if (!process.env['E2E_DATA_DIR']) {
  removeLeftovers()
  process.env['E2E_DATA_DIR'] = join(cache, String(process.pid))
  mkdirSync(process.env['E2E_DATA_DIR'], { recursive: true })
  const names = ['CONSOLE_PORT', 'GATE_PORT', 'INTERNAL_PORT', 'DEMO_API_PORT', 'DEMO_SMTP_PORT', 'DEMO_MAILBOX_PORT']
  const ports = await freePorts(names.length)
  names.forEach((name, at) => {
    process.env[name] = String(ports[at])
  })
}
const dataDir = process.env['E2E_DATA_DIR']
process.env['DATA_DIR'] = dataDir
process.env['E2E_DATABASE_URL'] ||= embeddedUrl(dataDir)
const consoleUrl = process.env['CONSOLE_URL'] || `http://127.0.0.1:${process.env['CONSOLE_PORT']}`
/** The sweep for secrets starts the demo itself, so that it sees what passes (`./recording`). */
const recording = Boolean(process.env['E2E_RECORD'])

/** The system's browser where there is one; otherwise the one that Playwright brings. */
const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

export default defineConfig({
  testDir: '.',
  outputDir: '../test-results',
  // One demo, one clock that tests move, one merchant: one after the other.
  workers: 1,
  fullyParallel: false,
  timeout: 60_000,
  forbidOnly: Boolean(process.env['CI']),
  reporter: [['list']],
  use: {
    ...devices['Desktop Chrome'],
    baseURL: consoleUrl,
    trace: 'retain-on-failure',
    launchOptions: {
      ...(chromium ? { executablePath: chromium } : {}),
      chromiumSandbox: process.getuid?.() !== 0,
      args: ['--disable-dev-shm-usage'],
    },
  },
  projects: recording
    ? [
        // What stands on PostgreSQL of its own does not pass where it is recorded.
        { name: 'chromium', testIgnore: ['recorded/**', 'instances.spec.ts'] },
        { name: 'recorded', testMatch: 'recorded/*.spec.ts' },
      ]
    : [{ name: 'chromium', testIgnore: 'recorded/**' }],
  ...(!recording && {
    webServer: {
      command: 'node build/start.mjs --demo',
      cwd: process.cwd(),
      url: `${consoleUrl}/sign-in`,
      timeout: 120_000,
      stdout: 'ignore' as const,
      gracefulShutdown: { signal: 'SIGTERM' as const, timeout: 20_000 },
    },
  }),
})

/** Data of runs that have ended. */
function removeLeftovers(): void {
  for (const pid of existsSync(cache) ? readdirSync(cache) : []) {
    try {
      process.kill(Number(pid), 0)
    } catch {
      rmSync(join(cache, pid), { recursive: true, force: true })
    }
  }
}
