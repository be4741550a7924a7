import { readDirectorSettings } from '../config/director.ts'
import { reasonOf } from '../release/errors.ts'
import { startDirector } from './director.ts'

/** The release director: the one process that holds Docker. Runs in its container, started by compose. */
try {
  const director = await startDirector(readDirectorSettings(process.env))
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      director.stop().then(
        () => process.exit(0),
        (cause: unknown) => {
          console.error(reasonOf(cause))
          process.exit(1)
        },
      )
    })
  }
} catch (cause) {
  console.error(cause)
  process.exit(1)
}
