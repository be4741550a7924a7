import type { Release } from '../release/release.ts'
import { otherSlot, type Slot } from '../release/slot.ts'
import { type Parts, recordLive } from '../release/steps.ts'

/** What `./rollback.sh` left word of: it moved the traffic on its own, so the journal has to follow. */
export type ScriptRollback = { from: Slot; to: Slot; at: string; by: string }

/** Enters a rollback by the script into the journal. The caller holds the lock. Safe to run twice: what is live already stays. */
export async function adoptRollback(parts: Parts, script: ScriptRollback): Promise<Release | null> {
  const routing = await parts.traffic.read()
  const live = parts.journal.newestLive()
  if (!live || routing?.live !== script.to || live.slot === script.to) return null
  const { id } = parts.journal.create({
    verb: 'rollback',
    source: { kind: 'standby' },
    slot: script.to,
    from: otherSlot(script.to),
    build: parts.journal.holderOf(script.to)?.build ?? null,
    replaces: live.build,
    label: null,
    note: null,
    actor: { kind: 'host', name: script.by },
    steps: [],
  })
  parts.journal.append(id, { type: 'switching' })
  const release = parts.journal.append(id, { type: 'live' })
  await recordLive(parts, release)
  const sentence = `Rolled back by ./rollback.sh at ${script.at}; the director took it over.`
  return parts.journal.append(id, { type: 'recovered', sentence })
}
