import fc from 'fast-check'
import { SLOTS, type Slot } from '../../src/release/slot.ts'
import type { Fault } from './faults.ts'
import { wordsFor } from './faults.ts'
import type { Mishap } from './world.ts'

/** One thing that somebody does, or that happens, with what goes wrong on the way. */
export type Act =
  | { kind: 'deploy'; build: 'new' | 'ill' | 'live' | 'standby'; faults: Fault[] }
  | { kind: 'rollback' | 'settle' | 'restart'; faults: Fault[] }
  | { kind: 'bar' | 'unbar'; of: 'live' | 'standby' | 'oldest'; faults: Fault[] }
  | { kind: 'script'; leavesWord: boolean }
  | { kind: 'mishap'; slot: Slot; mishap: Mishap }

/** A release makes some fifty calls; the first ones of anything are the more interesting. */
const at = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 60 }))
const slot = fc.constantFrom(...SLOTS)
const mishap = fc.constantFrom<Mishap>('dies', 'falls ill', 'hangs', 'recovers')

const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ at, kind: fc.constant('is killed' as const), after: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ at, kind: fc.constant('fails' as const), after: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ at, kind: fc.constant('slot' as const), slot, mishap }) },
  { weight: 1, arbitrary: fc.record({ at, kind: fc.constant('is aborted' as const), after: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ at, kind: fc.constant('is asked for another release' as const) }) },
)

const faults = fc.array(fault, { maxLength: 2 })

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('deploy' as const),
      build: fc.constantFrom('new', 'new', 'new', 'ill', 'live', 'standby'),
      faults,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('rollback' as const), faults }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('settle' as const), faults }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart' as const), faults }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('bar', 'unbar'),
      of: fc.constantFrom('live', 'standby', 'oldest'),
      faults,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('script' as const), leavesWord: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('mishap' as const), slot, mishap }) },
)

export const acts: fc.Arbitrary<Act[]> = fc.array(act, { minLength: 1, maxLength: 8 })

export function wordsOfAct(act: Act): string {
  const words = plainWords(act)
  if (!('faults' in act) || act.faults.length === 0) return `${words}.`
  return `${words}; ${act.faults.map((fault) => `at its call ${fault.at}: ${wordsFor(fault)}`).join('; ')}.`
}

function plainWords(act: Act): string {
  switch (act.kind) {
    case 'deploy':
      return act.build === 'new' ? 'Deploy a new build' : `Deploy ${DEPLOYED[act.build]}`
    case 'rollback':
      return 'Roll back'
    case 'settle':
      return 'The director settles what there is'
    case 'restart':
      return 'The director starts anew'
    case 'bar':
    case 'unbar':
      return `${act.kind === 'bar' ? 'Bar' : 'Unbar'} the ${act.of} build`
    case 'script':
      return `./rollback.sh moves the traffic${act.leavesWord ? '' : ' and is killed before it leaves word'}`
    case 'mishap':
      return `${act.slot} ${act.mishap}`
  }
}

const DEPLOYED = {
  ill: 'a build that is never well',
  live: 'the live build again',
  standby: 'the build of the standby again',
} as const
