import { ArrowRightLeft, Undo2 } from 'lucide-react'
import type { SystemStatus } from '../../director/protocol.ts'
import { type Headline, headlineOf } from '../view/headline.ts'
import { VerbButton } from './verb-button.tsx'
import { WholeWords } from './whole-words.tsx'

type Props = { status: SystemStatus; actions: SystemStatus['actions']; onDeploy(): void; onRollback(): void }

/** What visitors get, and the two things that change it. */
export function Situation({ status, actions, onDeploy, onRollback }: Props) {
  const headline = headlineOf(status)
  return (
    <section
      aria-labelledby="situation"
      className="flex flex-wrap items-start justify-between gap-x-8 gap-y-4"
    >
      <div className="min-w-0">
        <h1
          id="situation"
          className="text-2xl font-medium tracking-tight text-balance [overflow-wrap:anywhere]"
        >
          <Headlined {...headline} />
        </h1>
        <p className="mt-0.5 text-ink-muted [overflow-wrap:anywhere]">
          <WholeWords text={headline.standby} />
        </p>
      </div>
      <div className="flex flex-wrap items-start gap-2.5">
        <VerbButton
          permission={actions.rollback}
          icon={<Undo2 aria-hidden="true" size={15} />}
          onClick={onRollback}
        >
          Roll back…
        </VerbButton>
        <VerbButton
          weight="main"
          permission={actions.deploy}
          icon={<ArrowRightLeft aria-hidden="true" size={15} />}
          onClick={onDeploy}
        >
          Deploy…
        </VerbButton>
      </div>
    </section>
  )
}

function Headlined({ kind, version, slot }: Headline) {
  switch (kind) {
    case 'serving':
      return (
        <>
          Visitors get{' '}
          <strong className="font-semibold text-live">
            <WholeWords text={version ?? 'a build that is not in the journal'} />
          </strong>{' '}
          from <strong className="font-semibold">{slot}</strong>
        </>
      )
    case 'silent':
      return <strong className="font-semibold text-bad">nginx does not answer: visitors get nothing</strong>
    case 'nothing':
      return 'Nothing is live'
  }
}
