import type { Slot } from '../../src/release/slot.ts'
import { befall, type Mishap, type World } from './world.ts'

/** What happens at one call of a port. `after`: once the call has taken effect. */
export type Fault =
  | { at: number; kind: 'fails' | 'is killed' | 'is aborted'; after: boolean }
  | { at: number; kind: 'is asked for another release' }
  | { at: number; kind: 'slot'; slot: Slot; mishap: Mishap }

/** A director is gone: it does nothing more. */
export class Killed extends Error {}

export type Life = {
  world: World
  /** Those of the verb that runs now. */
  faults: readonly Fault[]
  /** Calls of ports since the verb began. */
  calls: number
  isDead: boolean
  /** Ends when the director is killed. */
  death: Promise<void>
  die(): void
  onAbort(): void
  onSecond(): void
}

export function newLife(world: World): Life {
  const { promise, resolve } = Promise.withResolvers<void>()
  const life: Life = {
    ...{ world, faults: [], calls: 0, isDead: false, death: promise },
    die: () => {
      life.isDead = true
      resolve()
    },
    onAbort: () => undefined,
    onSecond: () => undefined,
  }
  return life
}

const forever = new Promise<never>(() => undefined)

/** A call that takes a while. What a dead director waits for never comes. */
export async function call<T>(
  life: Life,
  { name, effect, failure, signal }: { name: string; effect(): T; failure(): Error; signal?: AbortSignal },
): Promise<T> {
  if (life.isDead) return forever
  const due = dueNow(life, name)
  happen(life, due, false)
  if (life.isDead) return forever
  signal?.throwIfAborted()
  if (due.some((fault) => isOf(fault, 'fails', false))) throw failure()
  const result = effect()
  happen(life, due, true)
  if (life.isDead) return forever
  signal?.throwIfAborted()
  if (due.some((fault) => isOf(fault, 'fails', true))) throw failure()
  return result
}

/** A call that no other request can come between: nobody aborts here, or asks for anything. */
export function callAtOnce<T>(life: Life, name: string, effect: () => T, failure: () => Error): T {
  if (life.isDead) throw new Killed()
  const due = dueNow(
    life,
    name,
    (fault) => fault.kind !== 'is aborted' && fault.kind !== 'is asked for another release',
  )
  happen(life, due, false)
  if (life.isDead) throw new Killed()
  if (due.some((fault) => isOf(fault, 'fails', false))) throw failure()
  const result = effect()
  happen(life, due, true)
  if (life.isDead) throw new Killed()
  return result
}

function dueNow(life: Life, name: string, mayBe: (fault: Fault) => boolean = () => true): readonly Fault[] {
  life.calls += 1
  const due = life.faults.filter((fault) => fault.at === life.calls && mayBe(fault))
  life.world.trace.push(`  ${life.calls}. ${name}${due.map((fault) => `: ${wordsFor(fault)}`).join('')}`)
  return due
}

function happen(life: Life, due: readonly Fault[], after: boolean): void {
  for (const fault of due) {
    if (fault.kind === 'slot' && !after) befall(life.world, fault.slot, fault.mishap)
    if (fault.kind === 'is asked for another release' && !after) life.onSecond()
    if (isOf(fault, 'is aborted', after)) life.onAbort()
    if (isOf(fault, 'is killed', after)) life.die()
  }
}

const isOf = (fault: Fault, kind: Fault['kind'], after: boolean): boolean =>
  fault.kind === kind && 'after' in fault && fault.after === after

export function wordsFor(fault: Fault): string {
  switch (fault.kind) {
    case 'slot':
      return `${fault.slot} ${fault.mishap}`
    case 'fails':
      return fault.after ? 'takes effect and fails' : 'fails'
    case 'is killed':
      return fault.after
        ? 'takes effect, and the director is killed'
        : 'the director is killed before it takes effect'
    case 'is aborted':
      return fault.after ? 'takes effect, and an operator aborts' : 'an operator aborts'
    case 'is asked for another release':
      return 'somebody asks for another release'
  }
}
