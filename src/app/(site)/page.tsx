import { connection } from 'next/server'
import prettyMs from 'pretty-ms'
import { servedBy } from '../../workload/served-by.ts'
import { ChunkPanel } from './chunk-panel.tsx'
import { DigestForm } from './digest-form.tsx'
import { SlotName } from './slot-name.tsx'
import { Yard } from './yard.tsx'

export default async function OverviewPage() {
  await connection()
  const here = servedBy()
  return (
    <>
      <h1 className="max-w-3xl text-balance font-semibold text-3xl tracking-tight sm:text-5xl sm:leading-[1.1]">
        Release <span data-testid="served-release">{here.release}</span> served this page from the{' '}
        <span data-testid="served-slot">{here.slot}</span> slot.
      </h1>
      <p className="mt-5 max-w-2xl text-pretty text-lg text-soft leading-relaxed">
        Version <Code testId="served-version">{here.version}</Code>, build{' '}
        <Code testId="served-deployment-id">{here.deploymentId ?? 'without an id'}</Code>, up for{' '}
        {prettyMs(here.uptimeMs, { unitCount: 2, secondsDecimalDigits: 0, verbose: true })}. Leave this page
        open and release the next build: you will see the traffic move while nothing here breaks.
      </p>

      <Yard page={here} />

      <section aria-labelledby="try" className="mt-16">
        <h2 id="try" className="font-semibold text-xl tracking-tight">
          What an open tab goes on doing
        </h2>
        <p className="mt-2 max-w-2xl text-pretty text-soft leading-relaxed">
          After a switch, this tab still belongs to <SlotName slot={here.slot} /> while that runs its build:
          its server actions, its chunks and its links are answered by the build that they came from. Once the
          slot has been given to another build, the next action or link loads the page anew.
        </p>
        <div className="mt-6 grid gap-5 md:grid-cols-2">
          <DigestForm />
          <ChunkPanel pageBuild={here.deploymentId} />
        </div>
      </section>
    </>
  )
}

function Code({ children, testId }: { children: string; testId: string }) {
  return (
    <code
      data-testid={testId}
      className="inline-block max-w-full break-words font-mono text-[0.9em] text-text"
    >
      {children}
    </code>
  )
}
