import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

/**
 * First-load JavaScript of every page of a built Next app: the script tags a browser gets (framework, layouts, page),
 * gzip, without the polyfills that modern browsers skip. `dir` holds `.next`.
 * @returns {Record<string, number>} bytes by route
 */
export function firstLoad(dir) {
  const next = join(dir, '.next')
  const main = JSON.parse(readFileSync(join(next, 'build-manifest.json'), 'utf8')).rootMainFiles
  const sizes = new Map()
  const sizeOf = (file) => {
    if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(join(next, file)), { level: 9 }).length)
    return sizes.get(file)
  }
  const pages = JSON.parse(readFileSync(join(next, 'app-path-routes-manifest.json'), 'utf8'))
  const routes = {}
  for (const [page, route] of Object.entries(pages)) {
    if (!page.endsWith('/page') || route.startsWith('/_')) continue
    const files = new Set([...main, ...entryFiles(next, page)])
    routes[route] = [...files].reduce((sum, file) => sum + sizeOf(file), 0)
  }
  return routes
}

/** The manifest is a script that fills a global; the entries of layouts and page are in it. */
function entryFiles(next, page) {
  const path = join(next, 'server/app', `${page}_client-reference-manifest.js`)
  if (!existsSync(path)) return []
  const scope = {}
  new Function('globalThis', readFileSync(path, 'utf8'))(scope)
  const entries = scope.__RSC_MANIFEST?.[page]?.entryJSFiles ?? {}
  return Object.values(entries).flat()
}

/** Builds an app with one empty page, with the Next of this repository. Kept for the next run of the same version. */
export function emptyApp(root) {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/next/package.json'), 'utf8'))
  const dir = join(root, 'node_modules/.cache/gatehouse', `empty-app-2-${version}`)
  if (existsSync(join(dir, '.next/BUILD_ID'))) return dir
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(join(dir, 'app/hello'), { recursive: true })
  const element = "import { createElement as h } from 'react'; "
  const files = {
    'package.json': '{"name":"empty","private":true,"type":"module"}',
    'next.config.js': `export default { turbopack: { root: ${JSON.stringify(root)} } }`,
    // Next compiles no JSX below node_modules.
    'app/layout.js': `${element}export default ({ children }) => h('html', { lang: 'en' }, h('body', null, children))`,
    'app/hello/route.js':
      "export const dynamic = 'force-dynamic'; export const GET = () => Response.json({ ok: true })",
    'app/page.js': `${element}export default () => h('p', null, 'empty')`,
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' }
  const built = spawnSync(process.execPath, [join(root, 'node_modules/next/dist/bin/next'), 'build'], { cwd: dir, env })
  if (built.status !== 0) throw new Error(`the empty app did not build:\n${built.stderr}`.slice(0, 2000))
  return dir
}
