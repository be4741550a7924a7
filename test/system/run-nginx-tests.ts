import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'

const ENGINE_TESTS = join(import.meta.dirname, '..', 'engine')

const outcomeSchema = z.object({ name: z.string(), isGood: z.boolean(), error: z.string().nullable() })

export type Outcome = z.infer<typeof outcomeSchema>

/** Runs files of test/engine on another nginx, in a process of its own, and answers with how each test ended. */
export async function runNginxTests(
  files: readonly string[],
  image: string,
  deadlineMs: number,
): Promise<Outcome[]> {
  // In a process that says that it is a test's, node would not run tests of its own.
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env
  const argv = [
    '--test',
    '--test-concurrency=1',
    `--test-reporter=${join(ENGINE_TESTS, 'line-reporter.ts')}`,
    '--test-reporter-destination=stdout',
    ...files.map((file) => join(ENGINE_TESTS, file)),
  ]
  const child = spawn(process.execPath, argv, {
    env: { ...environment, NGINX_TEST_IMAGE: image },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const deadline = setTimeout(() => child.kill(), deadlineMs)
  const ended = once(child, 'exit')
  const outcomes: Outcome[] = []
  for await (const line of createInterface({ input: child.stdout })) outcomes.push(...outcomeOf(line))
  const [code] = await ended
  clearTimeout(deadline)
  const isTold = outcomes.some(({ isGood }) => !isGood) || (code === 0 && outcomes.length > 0)
  const wrong = {
    name: files.join(', '),
    isGood: false,
    error: `The tests ended with ${code ?? 'a signal'}.`,
  }
  return isTold ? outcomes : [...outcomes, wrong]
}

/** What a test itself writes stands between the reporter's lines. */
function outcomeOf(line: string): Outcome[] {
  if (!line.startsWith('{')) return []
  const outcome = outcomeSchema.safeParse(JSON.parse(line))
  return outcome.success ? [outcome.data] : []
}
