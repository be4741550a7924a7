import { stat } from 'node:fs/promises'
import type Docker from 'dockerode'
import { z } from 'zod'
import { freshRequest } from '../../nginx/fresh-request.ts'
import { revisionOf, testConfig } from '../../nginx/proxy-container.ts'
import { complaints } from '../../nginx/words.ts'
import { slotSchema } from '../../release/slot.ts'
import { statusPayloadSchema } from '../../release/status-payload.ts'
import { addressOf, NGINX_PORTS } from '../../topology/addresses.ts'
import type { ContainerSight, NginxAnswer, NginxSight, System } from '../seen.ts'

const STATUS_PATH = '/api/system/status'
const ANSWERS = 3
const ANSWER_WITHIN_MS = 4_000

/** Asks nginx as visitors do, and looks into its container. `container` is the running one, if there is any. */
export async function lookAtNginx(
  { docker, liveDir }: { docker: Docker; liveDir: string },
  system: System,
  container: ContainerSight | null,
  signal: AbortSignal,
): Promise<NginxSight> {
  const [seen, seesLive, complaint, revision] = await Promise.all([
    askNginx(system, container !== null, signal),
    container === null ? null : seesTheSame(container.processId, liveDir),
    container === null ? null : complaintOf(docker.getContainer(container.id), signal),
    container === null ? null : revisionOf(docker.getContainer(container.id), signal).catch(() => null),
  ])
  return { ...seen, seesLive, complaint, revision }
}

/** At the published port; where nothing is there, at the container's own address: Docker's forwarding may be what is broken. */
async function askNginx(
  { httpAddress, httpPort, prefixes }: System,
  isRunning: boolean,
  signal: AbortSignal,
): Promise<Pick<NginxSight, 'answers' | 'isPublished'>> {
  const host = httpAddress === '0.0.0.0' ? '127.0.0.1' : httpAddress
  const published = await answersOf(new URL(STATUS_PATH, `http://${host}:${httpPort}`), signal)
  if (published.length > 0 || !isRunning) return { answers: published, isPublished: true }
  const own = new URL(STATUS_PATH, `http://${addressOf(prefixes, 'nginx')}:${NGINX_PORTS.visitors}`)
  return { answers: await answersOf(own, signal), isPublished: false }
}

/** At once, since each may take as long as nginx waits for a slot that does not answer. */
async function answersOf(url: URL, signal: AbortSignal): Promise<NginxAnswer[]> {
  const asked = Array.from({ length: ANSWERS }, () =>
    freshRequest(url, ANSWER_WITHIN_MS, signal).catch(() => null),
  )
  return (await Promise.all(asked)).flatMap((answer) => {
    // Another program may have the port; nginx puts its own number on every answer.
    if (answer === null || answer.headers['x-request-id'] === undefined) return []
    const servedBy = slotSchema.safeParse(answer.headers['x-served-by']).data ?? null
    return [{ httpStatus: answer.httpStatus, servedBy, release: releaseIn(answer.body) }]
  })
}

const bodySchema = z.preprocess(
  (text) => {
    try {
      return JSON.parse(String(text))
    } catch {
      return undefined
    }
  },
  statusPayloadSchema.pick({ release: true }),
)

function releaseIn(body: string): number | null {
  return bodySchema.safeParse(body).data?.release ?? null
}

/** A mount keeps the directory that it was made of, also when another one has got its name since. */
async function seesTheSame(processId: number, liveDir: string): Promise<boolean | null> {
  const inside = await stat(`/proc/${processId}/root/etc/switchyard/nginx/live`).catch(() => null)
  const here = await stat(liveDir).catch(() => null)
  if (inside === null || here === null) return inside === here ? null : false
  return inside.dev === here.dev && inside.ino === here.ino
}

async function complaintOf(container: Docker.Container, signal: AbortSignal): Promise<string | null> {
  const tested = await testConfig(container, signal).catch(() => null)
  if (tested === null || tested.isAccepted) return null
  return complaints(tested.output)[0] ?? 'nginx -t fails'
}
