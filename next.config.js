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
  // A shared computer: after the sign-out nothing that was shown comes back. The device's cookie stays.
  headers: async () => [
    {
      source: '/sign-in',
      has: [{ type: 'query', key: 'signed-out' }],
      headers: [{ key: 'Clear-Site-Data', value: '"cache", "storage"' }],
    },
  ],
  typescript: { tsconfigPath: 'tsconfig.json' },
}
