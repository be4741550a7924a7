import type { ReleaseEvent } from '../director/protocol.ts'
import type { Release, StepRecord } from '../release/release.ts'
import { releaseTitle } from './format.ts'
import { boardLines, stepLine } from './release-lines.ts'
import { harmless, type Screen } from './screen.ts'

/** Shows a release while it runs. `close` leaves the last state standing. */
export type Progress = { show(event: ReleaseEvent): void; close(): void }

const FRAME_MS = 120
/** The director sends a step's lines right behind the word that it has ended. */
const LINES_COME_WITHIN_MS = 250

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

/**
 * A line for each thing that happens, those of a step between its beginning and its end. What took no time has ended before
 * its lines are there, so its end waits for them.
 */
function plainLines(screen: Screen, first: Release): Progress {
  const shown = new Map<string, StepRecord['state']>()
  let latest = first
  let timer: NodeJS.Timeout | undefined

  function showSteps(steps: readonly StepRecord[]): void {
    for (const step of steps) {
      if (step.state === 'waiting' || shown.get(step.name) === step.state) continue
      shown.set(step.name, step.state)
      screen.line(step.state === 'running' ? `… ${step.label}` : stepLine(step, Date.now()))
    }
  }

  function showAll(): void {
    clearTimeout(timer)
    showSteps(latest.steps)
  }

  function showRelease(release: Release): void {
    showAll()
    latest = release
    const unseen = release.steps.findIndex(({ name, state }) => hasEnded(state) && !shown.has(name))
    showSteps(unseen === -1 ? release.steps : release.steps.slice(0, unseen))
    if (unseen !== -1) timer = setTimeout(showAll, LINES_COME_WITHIN_MS)
  }

  function showLine(name: string, text: string): void {
    const place = latest.steps.findIndex((step) => step.name === name)
    showSteps(latest.steps.slice(0, Math.max(0, place)))
    const step = latest.steps[place]
    if (step !== undefined && !shown.has(name)) showSteps([{ ...step, state: 'running' }])
    // What comes after the end of its step all the same says whose it is.
    const isLate = hasEnded(shown.get(name))
    screen.line(`    ${isLate ? `${name}: ` : ''}${harmless(text)}`)
  }

  screen.line(releaseTitle(first))
  return {
    show: (event) => {
      if (event.event === 'log') showLine(event.data.step, event.data.text)
      else showRelease(event.data)
      if (event.event === 'end') showAll()
    },
    close: showAll,
  }
}

const hasEnded = (state: StepRecord['state'] | undefined): boolean => state === 'done' || state === 'failed'
