'use client'
import { RefreshCw, Snowflake } from 'lucide-react'
import type { ReactNode } from 'react'
import { builtAs } from '../../config/built-as.ts'
import type { SystemStatus } from '../../director/protocol.ts'
import { freezePermission } from '../view/freeze.ts'
import { Elapsed } from './now.tsx'
import { VerbButton } from './verb-button.tsx'

type Props = {
  home: string
  status: SystemStatus
  allowed: SystemStatus['actions']
  isReloading: boolean
  onReload(): void
  onFreeze(): void
}

/** What stands behind the slots: nginx, Docker, the director. */
export function SystemLine({ home, status, allowed, isReloading, onReload, onFreeze }: Props) {
  return (
    <section
      aria-label="System"
      className="flex flex-wrap items-start justify-between gap-x-8 gap-y-3 rounded-lg border border-line bg-surface px-4 py-3 text-sm"
    >
      <dl className="flex flex-wrap gap-x-8 gap-y-2">
        <Fact name="Routing">
          {status.routing.generation === null ? 'none yet' : `generation ${status.routing.generation}`}
        </Fact>
        <Fact name="Docker Engine">{status.docker.version ?? 'not known'}</Fact>
        <Fact name="Director">
          {status.directorVersion}, up <Elapsed since={status.directorStartedAt} />
        </Fact>
        <Fact name="Release lock">
          {status.holder === null ? (
            'free'
          ) : (
            <>
              {status.holder.actor.name}, {status.holder.verb}, <Elapsed since={status.holder.since} />
            </>
          )}
        </Fact>
        <Fact name="Project">{status.project}</Fact>
        <Fact name="This page">
          <PageBuild live={status.live?.deploymentId ?? null} home={home} />
        </Fact>
      </dl>
      <div className="flex flex-wrap items-start gap-2">
        <VerbButton
          size="small"
          permission={freezePermission(status, allowed.freeze)}
          icon={<Snowflake aria-hidden="true" size={13} />}
          onClick={onFreeze}
        >
          Freeze deploys…
        </VerbButton>
        <VerbButton
          size="small"
          permission={isReloading ? { allowed: false, reason: null } : allowed.reload}
          icon={<RefreshCw aria-hidden="true" size={13} className={isReloading ? 'animate-spin' : ''} />}
          onClick={onReload}
        >
          {isReloading ? 'Reloading…' : 'Reload nginx'}
        </VerbButton>
      </div>
    </section>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="label">{name}</dt>
      <dd className="font-medium">{children}</dd>
    </div>
  )
}

/** A tab may outlive its build. It goes on working; this only tells. */
function PageBuild({ live, home }: { live: string | null; home: string }) {
  if (live === null || live === builtAs) return builtAs
  return (
    <>
      {builtAs}{' '}
      <a href={home} className="font-normal underline underline-offset-2">
        load {live}
      </a>
    </>
  )
}
