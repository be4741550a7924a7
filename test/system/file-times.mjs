// A reporter of Node's test runner: the files that took longest, a line each, since a slow suite is mended where its time goes.
import { relative, resolve } from 'node:path'

const SHOWN = 8
const WORTH_A_LINE_S = 5

export default async function* fileTimes(events) {
  const secondsByFile = new Map()
  for await (const { type, data } of events) {
    // A file is a test of its own, which ends when the last of those in it has.
    if (type !== 'test:complete' || data.file === undefined || resolve(data.name) !== data.file) continue
    secondsByFile.set(data.file, data.details.duration_ms / 1_000)
  }
  const slowest = [...secondsByFile]
    .filter(([, seconds]) => seconds >= WORTH_A_LINE_S)
    .toSorted(([, one], [, other]) => other - one)
  for (const [file, seconds] of slowest.slice(0, SHOWN)) {
    yield `${seconds.toFixed(0).padStart(4)} s  ${relative(process.cwd(), file)}\n`
  }
}
