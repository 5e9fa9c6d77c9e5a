/** @type {import('next').NextConfig} */
export default {
  reactStrictMode: true,
  poweredByHeader: false,
  // What an action is given may hold a password or a code.
  logging: { serverFunctions: false },
  productionBrowserSourceMaps: false,
  experimental: { serverActions: { bodySizeLimit: '100kb' } },
  // The pages of a console are dynamic: each answer has a nonce of its own, and some are shown once.
  cacheComponents: false,
  typescript: { tsconfigPath: 'tsconfig.json' },
}
