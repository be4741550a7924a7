import { join } from 'node:path'
import { z } from 'zod'
import { releaseLogs } from '../../../src/state/release-log.ts'
import { bad, subject } from './subject.ts'

const logsIn = (root: string) => releaseLogs(join(root, 'state', 'logs'))

/** The output of a build: its end may be lost, the rest can be read and goes on. What is said is that it has begun. */
export const releaseLog = subject({
  word: z.literal('begun'),
  write: async (root, acknowledge, pause) => {
    const logs = logsIn(root)
    const before = await readAll(root)
    for (let line = before.length; ; line++) {
      logs.append(1, 'build', textOf(line))
      if (line === before.length) acknowledge('begun')
      if (line % 200 === 0) await pause()
    }
  },
  check: async (root) => {
    const lines = await readAll(root)
    const wrong = lines.findIndex((text, line) => text !== textOf(line))
    return wrong === -1 ? [] : bad(`line ${wrong} of the log says ${lines[wrong]?.slice(0, 40)}`)
  },
})

const textOf = (line: number): string => `line ${line} ${'x'.repeat(line % 300)}`

async function readAll(root: string): Promise<string[]> {
  const texts: string[] = []
  for (let offset = 0; ; ) {
    const lines = await logsIn(root).read(1, offset)
    const last = lines.at(-1)
    if (!last) return texts
    offset = last.offset
    for (const { text } of lines) texts.push(text)
  }
}
