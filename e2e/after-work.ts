import type { Slot } from '../src/release/slot.ts'
import { e2eSystem } from './e2e-system.ts'
import type { Build } from './two-builds.ts'

/** Work that an app does by `after()`, once it has answered: ten seconds of it, and then a line in its slot's log. */
export type Work = {
  begin(name: string): Promise<void>
  /** What the slot has said of it so far. */
  finished(): string[]
  end(): void
}

/** Follows the log of the container that is in `slot` now: it goes when the slot is reused. */
export async function afterWork(slot: Slot, build: Build): Promise<Work> {
  const system = e2eSystem()
  const container = await system.container(`runtime_${slot}`)
  const log = await container.logs({ follow: true, stdout: true, stderr: true, tail: 0 })
  let text = ''
  log.setEncoding?.('utf8')
  log.on('data', (chunk: string) => {
    text += chunk
  })
  return {
    async begin(name) {
      const url = `${system.url}/skew/api/after?name=${encodeURIComponent(name)}`
      const answer = await fetch(url, { method: 'POST', headers: { 'x-deployment-id': build.id } })
      if (answer.status !== 202) throw new Error(`It was answered with ${answer.status}.`)
    },
    finished: () => [...text.matchAll(/after: (.+)/g)].map(([, line = '']) => line),
    end: () => log.removeAllListeners(),
  }
}
