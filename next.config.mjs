const buildId = process.env.NEXT_DEPLOYMENT_ID || undefined

/** @type {import('next').NextConfig} */
const config = {
  output: 'standalone',
  // One id for each build: nginx keeps an open tab with the slot that runs its build by it.
  deploymentId: buildId,
  // Compiled into server code and chunks alike, so that each part can say which build it came from.
  env: { BUILT_AS: buildId ?? 'development' },
  // The app and what it imports: a mistake in a test is no reason not to release.
  typescript: { tsconfigPath: 'tsconfig.app.json' },
  poweredByHeader: false,
  // nginx compresses; a slot's share of the processor is for rendering.
  compress: false,
  serverExternalPackages: ['dockerode'],
  // Site and console have root layouts of their own, so an address that neither knows needs a page of its own.
  experimental: { globalNotFound: true },
  headers: async () => [
    {
      source: '/:path*',
      headers: [
        { key: 'X-Content-Type-Options', value: 'nosniff' },
        { key: 'Referrer-Policy', value: 'strict-origin-when-cross-origin' },
      ],
    },
    // A framed console could be clicked through by another site.
    {
      source: '/ops/:path*',
      headers: [
        { key: 'X-Frame-Options', value: 'DENY' },
        {
          key: 'Content-Security-Policy',
          value: "frame-ancestors 'none'; base-uri 'self'; object-src 'none'",
        },
      ],
    },
  ],
}

export default config
