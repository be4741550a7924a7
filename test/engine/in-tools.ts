import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import Docker from 'dockerode'
import { z } from 'zod'

const root = join(import.meta.dirname, '..', '..')
const TOOLS_IMAGE = 'switchyard-base/tools'
const DEADLINE_MS = 10 * 60_000

const eventSchema = z.object({
  name: z.string(),
  isGood: z.boolean(),
  tookMs: z.number(),
  error: z.string().nullable(),
})

type Outcome = z.infer<typeof eventSchema>

/** The directory that a test file inside may write to; Docker sees it at the same path. */
export function workDirectory(name: string): string {
  return join(tmpdir(), `switchyard-test-${name}`)
}

/**
 * Runs `file` (beside this one) with `node:test` in a container of the tools image, as the director runs: docker with its plugins,
 * git and flock on PATH, the daemon's socket, this repository read-only at its own path, `workDirectory(name)` writable at its own.
 * It shares the host's network. Each test inside is reported here under its own name.
 */
export async function testInTools(
  name: string,
  file: string,
  environment: Record<string, string> = {},
): Promise<void> {
  const directory = workDirectory(name)
  const report = join(directory, 'report.ndjson')
  const exit = await runInside({ name, file, directory, report, environment })
  const outcomes = readReport(report)
  for (const outcome of outcomes) reportHere(outcome)
  const hasFailure = outcomes.some(({ isGood }) => !isGood)
  if (exit === 'late' || outcomes.length === 0 || (exit !== 0 && !hasFailure)) {
    test(`${file} runs to its end in ${TOOLS_IMAGE}`, () => {
      throw new Error(
        exit === 'late'
          ? `It took longer than ${DEADLINE_MS / 60_000} minutes.`
          : `It ended with exit code ${exit}.`,
      )
    })
  }
}

function reportHere({ name, isGood, tookMs, error }: Outcome): void {
  test(`${name} (${Math.round(tookMs)} ms)`, () => {
    if (!isGood) throw new Error(error ?? 'failed without an error')
  })
}

async function runInside(run: {
  name: string
  file: string
  directory: string
  report: string
  environment: Record<string, string>
}): Promise<number | 'late'> {
  const docker = new Docker()
  const containerName = `switchyard-test-${run.name}-${basename(run.file, '.ts')}`
  await remove(docker, containerName)
  mkdirSync(run.directory, { recursive: true })
  rmSync(run.report, { force: true })
  const container = await docker.createContainer({
    name: containerName,
    Image: TOOLS_IMAGE,
    WorkingDir: root,
    Env: Object.entries(run.environment).map(([key, value]) => `${key}=${value}`),
    Cmd: [
      'node',
      `--test-reporter=${join(import.meta.dirname, 'line-reporter.ts')}`,
      `--test-reporter-destination=${run.report}`,
      join(import.meta.dirname, run.file),
    ],
    HostConfig: {
      Init: true,
      NetworkMode: 'host',
      Binds: [
        '/var/run/docker.sock:/var/run/docker.sock',
        `${root}:${root}:ro`,
        `${run.directory}:${run.directory}`,
      ],
    },
  })
  try {
    const output = await container.attach({ stream: true, stdout: true, stderr: true })
    container.modem.demuxStream(output, process.stdout, process.stderr)
    await container.start()
    return await exitOf(container)
  } finally {
    await remove(docker, containerName)
  }
}

async function exitOf(container: Docker.Container): Promise<number | 'late'> {
  const deadline = Promise.withResolvers<'late'>()
  const timer = setTimeout(() => deadline.resolve('late'), DEADLINE_MS)
  const ended = container
    .wait()
    .then((result: unknown) => z.object({ StatusCode: z.number() }).parse(result).StatusCode)
  return Promise.race([ended, deadline.promise]).finally(() => clearTimeout(timer))
}

async function remove(docker: Docker, name: string): Promise<void> {
  try {
    await docker.getContainer(name).remove({ force: true, v: true })
  } catch (error) {
    if (!(error instanceof Error && 'statusCode' in error && error.statusCode === 404)) throw error
  }
}

function readReport(path: string): Outcome[] {
  let text = ''
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => eventSchema.parse(JSON.parse(line)))
}
