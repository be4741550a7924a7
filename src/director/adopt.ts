import type { Release } from '../release/release.ts'
import { otherSlot, type Slot } from '../release/slot.ts'
import type { Parts } from '../release/steps.ts'

/** What `./rollback.sh` left word of: who moved the traffic, and when. */
export type ScriptRollback = { generation: number; to: Slot; at: string; by: string }

type Known = Pick<Parts, 'traffic' | 'journal'>

/**
 * Whether visitors are sent to another slot than the journal says: then what they get is right, and the journal follows.
 * A routing that can't be read says nothing here; preflight and status say what is wrong with it.
 */
export async function isMovedElsewhere(parts: Known): Promise<boolean> {
  return (await movedTo(parts)) !== null
}

/**
 * Enters a move that no release made into the journal, as a rollback. `word` counts where it is of this very generation;
 * a script that was killed after its move left none. The caller holds the lock, and no release is under way.
 */
export async function adoptMove(parts: Known, word: ScriptRollback | null): Promise<Release> {
  const moved = await movedTo(parts)
  if (!moved) throw new Error('The traffic is where the journal says.')
  const { slot, generation, live } = moved
  const script = word?.generation === generation && word.to === slot ? word : null
  const { id } = parts.journal.create({
    verb: 'rollback',
    source: { kind: 'standby' },
    slot,
    from: otherSlot(slot),
    build: parts.journal.holderOf(slot)?.build ?? null,
    replaces: live.build,
    label: null,
    note: null,
    actor: { kind: 'host', name: script?.by ?? 'someone on the host' },
    steps: [],
  })
  parts.journal.append(id, { type: 'switching' })
  parts.journal.append(id, { type: 'recovered', sentence: sentenceOf(slot, script) })
  return parts.journal.append(id, { type: 'live' })
}

function sentenceOf(slot: Slot, script: ScriptRollback | null): string {
  return script
    ? `Rolled back by ./rollback.sh at ${script.at}; the director took it over.`
    : `The traffic was found at ${slot}, where no release of the director had led it; the director took it over.`
}

async function movedTo({
  traffic,
  journal,
}: Known): Promise<{ slot: Slot; generation: number; live: Release } | null> {
  const routing = await traffic.read().catch(() => null)
  const live = journal.newestLive()
  if (!routing?.live || !live || routing.live === live.slot) return null
  return { slot: routing.live, generation: routing.generation, live }
}
