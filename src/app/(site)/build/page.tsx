import type { Metadata } from 'next'
import { connection } from 'next/server'
import prettyBytes from 'pretty-bytes'
import prettyMs from 'pretty-ms'
import { builtAs } from '../../../config/built-as.ts'
import { servedBy } from '../../../workload/served-by.ts'
import { Facts } from '../facts.tsx'
import { PageHead } from '../page-head.tsx'
import { SlotName } from '../slot-name.tsx'

export const metadata: Metadata = { title: 'Build' }

export default async function BuildPage() {
  await connection()
  const here = servedBy()
  return (
    <>
      <PageHead title="The build that answered" lead="What this process knows of its image and of itself." />
      <Facts
        facts={[
          { term: 'Version', value: here.version, testId: 'served-version' },
          { term: 'Deployment id', value: here.deploymentId ?? 'none', testId: 'served-deployment-id' },
          { term: 'Compiled as', value: builtAs, testId: 'compiled-as' },
          { term: 'Revision', value: here.revision ?? 'none' },
          { term: 'Release', value: here.release, testId: 'served-release' },
          { term: 'Slot', value: <SlotName slot={here.slot} testId="served-slot" /> },
          { term: 'Process started', value: here.startedAt },
          {
            term: 'Up for',
            value: prettyMs(here.uptimeMs, { unitCount: 2, secondsDecimalDigits: 0, verbose: true }),
          },
          { term: 'Memory', value: prettyBytes(process.memoryUsage.rss()) },
          { term: 'Node.js', value: process.version },
        ]}
      />
    </>
  )
}
