import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { servedBy } from '../../../workload/served-by.ts'
import { Facts } from '../facts.tsx'
import { PageHead } from '../page-head.tsx'
import { SlotName } from '../slot-name.tsx'

export const metadata: Metadata = { title: 'Request' }

/** What a proxy must get right. Cookies and authorisation stay out: a page should not repeat a secret. */
const SHOWN_HEADERS = [
  'host',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-for',
  'x-real-ip',
  'x-request-id',
  'x-deployment-id',
  'rsc',
  'connection',
  'user-agent',
  'accept-language',
  'accept-encoding',
] as const

export default async function RequestPage() {
  const received = await headers()
  const here = servedBy()
  return (
    <>
      <PageHead title="Your request" lead="The head of this request as it reached the slot, behind nginx." />
      <Facts
        facts={[
          { term: 'Answered by', value: <SlotName slot={here.slot} testId="served-slot" /> },
          { term: 'Release', value: here.release, testId: 'served-release' },
          ...SHOWN_HEADERS.map((name) => ({
            term: name,
            value: received.get(name) ?? <span className="text-soft">not sent</span>,
          })),
        ]}
      />
    </>
  )
}
