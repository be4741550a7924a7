import { setTimeout as delay } from 'node:timers/promises'
import { acceptedSchema } from '../../../src/director/protocol.ts'
import { Refusal } from '../../../src/director/refusal.ts'
import type { Fault, Moment } from '../fault.ts'
import type { Rig } from '../rig.ts'
import { restartDirector } from '../rig-acts.ts'

/** By then the request lies at the socket of the director that stands still. */
const ARRIVED_MS = 100
const REACH_DEADLINE_MS = 20_000

/** Past the commit point an abort is refused, and the release goes on. */
const isBeforeSwitching: Fault['meets'] = ({ point, points }) =>
  points.indexOf(point) < points.indexOf('switch:switching')

export const aborted: Fault = {
  name: 'abort',
  title: 'release aborted by an operator',
  when: 'after',
  strike: async ({ rig, ended }) => {
    const answer = abort(rig)
    await delay(ARRIVED_MS)
    rig.breakpoints.go()
    const refusal = await answer
    await ended()
    return { violations: [...wrongRefusal(refusal), ...(refusal === null ? await unheeded(rig) : [])] }
  },
}

function wrongRefusal(code: string | null): string[] {
  if (code === null || code === 'nothing-running' || code === 'past-commit') return []
  return [`The abort was refused: ${code}.`]
}

/** What the director has agreed to must be so. */
async function unheeded({ system }: Rig): Promise<string[]> {
  const [newest] = await system.history()
  return newest?.state === 'aborted'
    ? []
    : [`The abort was accepted, and release ${newest?.id} is ${newest?.state}.`]
}

export const abortedThenKilled: Fault = {
  name: 'abort-kill',
  title: 'release aborted, and director killed when it had undone it, before it could say so',
  isOfJournal: true,
  when: 'after',
  meets: isBeforeSwitching,
  strike: (moment) => killedAtTheEndOfUndo(moment),
}

async function killedAtTheEndOfUndo({ rig }: Moment) {
  const answer = abort(rig)
  await delay(ARRIVED_MS)
  rig.breakpoints.goOnTo('before', 'aborted')
  const reached = await rig.breakpoints.reached(performance.now() + REACH_DEADLINE_MS)
  if (reached === null) rig.breakpoints.go()
  else await restartDirector(rig, 'KILL')
  await answer
  // It may come too late for a rollback, which is over in a moment.
  return reached === null ? null : {}
}

/** The code of the refusal, or null; a director that is killed meanwhile answers nothing. */
async function abort({ system }: Rig): Promise<string | null> {
  try {
    await system.director.call(acceptedSchema, '/v1/abort', { method: 'POST', body: '{}' })
    return null
  } catch (cause) {
    return cause instanceof Refusal ? cause.body.code : null
  }
}
