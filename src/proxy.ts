import { type NextRequest, NextResponse } from 'next/server'
import { returnedForm } from './workload/returned-form.ts'

/** Runs before a request is answered, for the few that `config` lets through. An app's own rules belong here as well. */
export async function proxy(request: NextRequest): Promise<Response> {
  return (await returnedForm(request)) ?? NextResponse.next()
}

/**
 * Forms that a browser sends by itself, without JavaScript. Those of 1 MB and more are left alone: Next runs no action
 * for them unless `serverActions.bodySizeLimit` says so, and anyone may send one to hold up the slot that reads it.
 */
export const config = {
  matcher: [
    {
      source: '/:path*',
      has: [
        { type: 'header', key: 'content-type', value: 'multipart/form-data.*' },
        { type: 'header', key: 'content-length', value: '\\d{1,6}' },
        { type: 'header', key: 'accept', value: '.*text/html.*' },
      ],
      missing: [{ type: 'header', key: 'next-action' }],
    },
  ],
}
