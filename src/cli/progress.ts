import type { ReleaseEvent } from '../director/protocol.ts'
import type { Release } from '../release/release.ts'
import { releaseTitle } from './format.ts'
import { boardLines, stepLine } from './release-lines.ts'
import { harmless, type Screen } from './screen.ts'

/** Shows a release while it runs. `close` leaves the last state standing. */
export type Progress = { show(event: ReleaseEvent): void; close(): void }

const FRAME_MS = 120

/** Steps redrawn in place on a terminal that is high enough for them, else a line for each thing that happens. */
export function releaseProgress(screen: Screen, release: Release): Progress {
  const fits = release.steps.length + 3 < screen.rows()
  return screen.isTerminal && fits ? board(screen, release) : plainLines(screen, release)
}

function board(screen: Screen, first: Release): Progress {
  let release = first
  let lastLine = ''
  let drawn = 0
  let frame = 0

  function draw(): void {
    const lines = boardLines(release, screen, { nowMs: Date.now(), frame, lastLine })
    const back = drawn === 0 ? '' : `\x1b[${drawn}A\x1b[0J`
    screen.raw(`${back}${lines.join('\n')}\n`)
    drawn = lines.length
  }

  draw()
  const timer = setInterval(() => {
    frame += 1
    draw()
  }, FRAME_MS)
  return {
    show: (event) => {
      if (event.event === 'log') lastLine = event.data.text
      else release = event.data
    },
    close: () => {
      clearInterval(timer)
      lastLine = ''
      draw()
    },
  }
}

function plainLines(screen: Screen, first: Release): Progress {
  const shown = new Map<string, string>()

  function showSteps(release: Release): void {
    for (const step of release.steps) {
      if (step.state === 'waiting' || shown.get(step.name) === step.state) continue
      shown.set(step.name, step.state)
      screen.line(step.state === 'running' ? `… ${step.label}` : stepLine(step, Date.now()))
    }
  }

  screen.line(releaseTitle(first))
  return {
    show: (event) => {
      if (event.event !== 'log') return showSteps(event.data)
      const { step, text } = event.data
      // A step that took no time has ended before its lines are there: then they say whose they are.
      const isLate = shown.get(step) === 'done' || shown.get(step) === 'failed'
      screen.line(`    ${isLate ? `${step}: ` : ''}${harmless(text)}`)
    },
    close: () => undefined,
  }
}
