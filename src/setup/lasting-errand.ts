import { Duplex } from 'node:stream'
import type Docker from 'dockerode'
import { attachLines } from '../docker/attached.ts'
import { CommandFailure } from '../docker/command.ts'
import { demultiplexer } from '../docker/demux.ts'
import { within } from '../release/within.ts'
import type { Say } from './progress.ts'
import { createLasting, type Errand, removeErrand } from './toolbox.ts'

/**
 * Runs an errand that goes on where this process ends. Answers with its exit code where this process is still there by then.
 * Throws `CommandFailure` where it takes too long.
 */
export async function runLastingErrand(docker: Docker, errand: Errand, say: Say): Promise<number> {
  const container = await createLasting(docker, errand)
  const { end } = await attachLines(container, say)
  // Asked before it runs: one that is gone at once could not be asked any more.
  const late = (): CommandFailure =>
    new CommandFailure(`\`${errand.argv.join(' ')}\` took longer than ${errand.timeoutMs / 1000} s`, [])
  const ended = within(
    new AbortController().signal,
    errand.timeoutMs,
    () => container.wait({ condition: 'next-exit' }),
    late,
  )
  await container.start()
  const { StatusCode } = await ended
  end()
  return StatusCode
}

/**
 * Starts an errand that goes on by itself, and waits until it says `word`, for `timeoutMs` at most. Throws `CommandFailure`
 * with what it said where the word does not come; then it is removed at once.
 */
export async function startLastingErrand(docker: Docker, errand: Errand, word: string): Promise<void> {
  const container = await createLasting(docker, errand)
  const lines: string[] = []
  try {
    const stream = await container.attach({ stream: true, stdout: true, stderr: true })
    const said = new Promise<void>((resolve, reject) => {
      const output = demultiplexer((_stream, line) => {
        lines.push(line)
        if (line === word) resolve()
      })
      stream.on('data', output.write)
      const ended = () => reject(new CommandFailure(`\`${errand.argv.join(' ')}\` has ended`, lines))
      stream.once('end', ended).once('close', ended)
    })
    said.catch(() => undefined)
    await container.start()
    const late = () =>
      new CommandFailure(`it did not say "${word}" within ${errand.timeoutMs / 1000} s`, lines)
    await within(new AbortController().signal, errand.timeoutMs, () => said, late)
    // It goes on; whoever listened to it may end.
    if (stream instanceof Duplex) stream.destroy()
  } catch (cause) {
    await removeErrand(container)
    throw cause
  }
}
