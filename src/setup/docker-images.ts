import { spawn } from 'node:child_process'
import type Docker from 'dockerode'
import { z } from 'zod'
import type { Say } from './progress.ts'

/** Whether the engine has `image`. */
export async function hasImage(docker: Docker, image: string): Promise<boolean> {
  try {
    await docker.getImage(image).inspect()
    return true
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return false
    throw error
  }
}

const pullEventSchema = z.object({
  status: z.string().optional(),
  id: z.string().optional(),
  error: z.string().optional(),
  stream: z.string().optional(),
})

/** Pulls `image`. Throws with the registry's reason, or when no word came from it for `silenceMs`. */
export async function pullImage(docker: Docker, image: string, silenceMs: number, say: Say): Promise<void> {
  const abort = new AbortController()
  let timer = setTimeout(() => abort.abort(), silenceMs)
  try {
    const stream = await docker.pull(image, { abortSignal: abort.signal })
    await follow(docker, stream, (event) => {
      clearTimeout(timer)
      timer = setTimeout(() => abort.abort(), silenceMs)
      say(`${event.id ?? image}: ${event.status ?? ''}`)
    })
  } catch (error) {
    if (abort.signal.aborted) throw new Error(`no answer within ${silenceMs / 1000} s`)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Builds an image from the directory `context` through the engine's own API, with nothing but `tar` on the host. */
export async function buildImage(
  docker: Docker,
  request: {
    context: string
    tag: string
    buildargs?: Record<string, string>
    labels: Record<string, string>
  },
  say: Say,
): Promise<void> {
  const tar = spawn('tar', ['-C', request.context, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const stream = await docker.buildImage(tar.stdout, {
      t: request.tag,
      buildargs: request.buildargs,
      labels: request.labels,
      forcerm: true,
    })
    await follow(docker, stream, (event) => {
      if (event.stream !== undefined && event.stream.trim() !== '') say(event.stream)
    })
  } finally {
    tar.kill()
  }
}

type EngineEvent = z.infer<typeof pullEventSchema>

function follow(
  docker: Docker,
  stream: NodeJS.ReadableStream,
  tell: (event: EngineEvent) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    docker.modem.followProgress(
      stream,
      (error) => (error ? reject(error) : resolve()),
      (raw: unknown) => {
        const event = pullEventSchema.safeParse(raw)
        if (!event.success) return
        if (event.data.error !== undefined) reject(new Error(event.data.error))
        else tell(event.data)
      },
    )
  })
}
