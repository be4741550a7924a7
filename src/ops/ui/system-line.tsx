'use client'
import { RefreshCw } from 'lucide-react'
import type { ReactNode } from 'react'
import { builtAs } from '../../config/built-as.ts'
import type { Permission, SystemStatus } from '../../director/protocol.ts'
import { Elapsed } from './now.tsx'
import { VerbButton } from './verb-button.tsx'

type Props = {
  home: string
  status: SystemStatus
  permission: Permission
  isReloading: boolean
  onReload(): void
}

/** What stands behind the slots: nginx, Docker, the director. */
export function SystemLine({ home, status, permission, isReloading, onReload }: Props) {
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
      <VerbButton
        size="small"
        permission={isReloading ? { allowed: false, reason: null } : permission}
        icon={<RefreshCw aria-hidden="true" size={13} className={isReloading ? 'animate-spin' : ''} />}
        onClick={onReload}
      >
        {isReloading ? 'Reloading…' : 'Reload nginx'}
      </VerbButton>
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
