'use client'

import Image from 'next/image'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { lazy, type ReactNode, Suspense, useActionState, useState, useTransition } from 'react'
import { fetchFromThisBuild, fromThisBuild } from '../../../workload/this-build.ts'
import { ACTIONS } from './action-list.ts'
import { answerForm } from './actions.ts'
import type { Done } from './done.ts'
import picture from './picture.png'
import { Place } from './place.tsx'

const Part = lazy(async () => ({ default: (await import('./part.tsx')).Part }))

type ActsProps = {
  pageBuild: string
  renderedAt: number
  shifted: () => Promise<Done>
  other?: () => Promise<Done>
}

/** Everything that a tab may do long after its page was opened, one button each. */
export function Acts({ pageBuild, renderedAt, shifted, other }: ActsProps) {
  const router = useRouter()
  const [shown, setShown] = useState<ReadonlySet<string>>(new Set())
  const [fetched, setFetched] = useState('')
  const [streamed, setStreamed] = useState('')
  const show = (name: string) => setShown(new Set([...shown, name]))

  async function fetchBuild() {
    setFetched(await (await fetchFromThisBuild('/skew/api/build', { cache: 'no-store' })).text())
  }

  function openStream() {
    const stream = new EventSource(fromThisBuild('/skew/api/stream'))
    stream.onmessage = ({ data }) => setStreamed(String(data))
  }

  return (
    <>
      <Place name="skew" build={pageBuild} />
      <p data-testid="rendered-at">{renderedAt}</p>
      <Link href="/skew/next" prefetch={false}>
        Next page
      </Link>
      <Thing name="Show the link" isShown={shown.has('link')} show={() => show('link')}>
        <Link href="/skew/prefetched">Prefetched page</Link>
      </Thing>
      <Thing name="Load the part" isShown={shown.has('part')} show={() => show('part')}>
        <Suspense>
          <Part />
        </Suspense>
      </Thing>
      <Thing name="Show the picture" isShown={shown.has('picture')} show={() => show('picture')}>
        <Image src={picture} alt="A square" loading="eager" />
      </Thing>
      <Actions actions={{ ...ACTIONS, shifted, ...(other && { other }) }} />
      <Form />
      <button type="button" onClick={() => router.refresh()}>
        Refresh
      </button>
      <button type="button" onClick={() => void fetchBuild()}>
        Fetch
      </button>
      <p data-testid="fetched">{fetched}</p>
      <button type="button" onClick={openStream}>
        Stream
      </button>
      <p data-testid="streamed">{streamed}</p>
    </>
  )
}

type ThingProps = { name: string; isShown: boolean; show: () => void; children: ReactNode }

function Thing({ name, isShown, show, children }: ThingProps) {
  if (isShown) return <div>{children}</div>
  return (
    <button type="button" onClick={show}>
      {name}
    </button>
  )
}

function Actions({ actions }: { actions: Readonly<Record<string, () => Promise<Done>>> }) {
  const [done, setDone] = useState<Done | null>(null)
  const [, start] = useTransition()
  return (
    <>
      {Object.entries(actions).map(([name, action]) => (
        <button key={name} type="button" onClick={() => start(async () => setDone(await action()))}>
          Run {name}
        </button>
      ))}
      <p data-testid="action-did">{done?.did}</p>
      <p data-testid="action-build">{done?.build}</p>
    </>
  )
}

function Form() {
  const [done, send] = useActionState<Done | null, FormData>(answerForm, null, fromThisBuild('/skew'))
  return (
    <form action={send}>
      <label htmlFor="text">Text</label>
      <input id="text" name="text" autoComplete="off" />
      <input name="password" type="password" aria-label="Password" autoComplete="off" />
      <button type="submit">Send</button>
      <p data-testid="form-did">{done?.did}</p>
      <p data-testid="form-build">{done?.build}</p>
    </form>
  )
}
