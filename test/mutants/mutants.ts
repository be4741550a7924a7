import { cell, type Killer, model, points, powerCuts, unit } from './killers.ts'

/** One fault, planted on purpose. */
export type Mutant = {
  name: string
  /** What somebody could have got wrong. */
  means: string
  /** `from` must stand in the file exactly once. */
  changes: readonly { file: string; from: string; to: string }[]
  /** Every one of them must fail. */
  killers: readonly Killer[]
}

const STEPS = 'src/release/steps.ts'
const UNDO = 'src/release/undo.ts'
const SWITCH = 'src/nginx/switch.ts'
const CONFIRM = 'src/nginx/confirm.ts'
const LEFT_BEHIND = 'src/release/move/left-behind.ts'

const moves = (title: string): Killer => unit('src/release/move/moves.test.ts', title)
const scripted = (title: string): Killer => unit('test/unit/rollback-script.test.ts', title)
const confirming = (title: string): Killer => unit('src/nginx/confirm.test.ts', title)

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'no-health-gate',
    means: 'a build gets visitors without being asked how it is',
    changes: [
      {
        file: STEPS,
        from: '    return untilHealthy(context, slot)\n  },\n\n  assets',
        to: '    return null\n  },\n\n  assets',
      },
      { file: STEPS, from: '    await checkStill(context)\n', to: '' },
      { file: STEPS, from: "  if (sight.kind === 'well') return\n", to: '  if (sight) return\n' },
    ],
    killers: [model, cell('deploy/switch:started/target-dies')],
  },
  {
    name: 'no-intent-record',
    means: 'the journal does not say that the traffic is about to move',
    changes: [
      {
        file: STEPS,
        from: "const { slot } = parts.journal.append(id, { type: 'switching', leftBehind })",
        to: 'const { slot } = mustGet(parts.journal, id)',
      },
      {
        file: 'src/release/transitions.ts',
        from: "    'built',\n    'switching',",
        to: "    'built',\n    'live',\n    'switching',",
      },
    ],
    killers: [model, points('switching')],
  },
  {
    name: 'journal-before-traffic',
    means: 'the journal says live before the traffic has moved',
    changes: [
      {
        file: STEPS,
        from: "const { slot } = parts.journal.append(id, { type: 'switching', leftBehind })",
        to: "parts.journal.append(id, { type: 'switching' })\n    const { slot } = parts.journal.append(id, { type: 'live' })",
      },
      {
        file: STEPS,
        from: "const release = parts.journal.append(id, { type: 'live' })",
        to: 'const release = mustGet(parts.journal, id)',
      },
      {
        file: 'src/release/transitions.ts',
        from: "live: ['step-ended',",
        to: "live: ['step-started', 'step-ended',",
      },
    ],
    killers: [model],
  },
  {
    name: 'single-probe-confirm',
    means: 'one good answer through nginx confirms a switch',
    changes: [
      { file: 'src/nginx/confirm.ts', from: 'export const IN_A_ROW = 5', to: 'export const IN_A_ROW = 1' },
    ],
    killers: [
      unit(
        'src/nginx/confirm.test.ts',
        'five answers in a row confirm a switch, and an old worker that still answers starts the count anew',
      ),
    ],
  },
  {
    name: 'no-confirm',
    means: 'a switch counts without being seen through nginx',
    changes: [{ file: STEPS, from: "      health: 'operational',\n", to: "      health: 'any',\n" }],
    killers: [model],
  },
  {
    name: 'back-on-silence',
    means: 'a move is taken back for the silence of its slot alone',
    changes: [
      {
        file: STEPS,
        from: "if (seen.sight !== 'slow' && (await isLeftBehindBetter(",
        to: "if (seen.sight !== 'slow' && null !== (await isLeftBehindBetter(",
      },
    ],
    killers: [moves('a rollback to a slot that falls silent stays where the one of before is silent too')],
  },
  {
    name: 'no-comparison',
    means: 'visitors stay at a slot that hangs, though the one of before is well',
    changes: [
      {
        file: STEPS,
        from: "if (seen.sight !== 'slow' && (await isLeftBehindBetter(",
        to: "if (seen.sight === 'answers' && (await isLeftBehindBetter(",
      },
    ],
    killers: [
      moves('a rollback to a slot that falls silent goes back to one that was well and answers'),
      moves('a deploy to a slot that falls silent goes back to one that was well and answers'),
    ],
  },
  {
    name: 'quick-without-visitors',
    means: 'the slot of before is judged by how it is without its visitors',
    changes: [{ file: LEFT_BEHIND, from: " || leftBehind === 'unwell'", to: " || leftBehind === 'well'" }],
    killers: [moves('a slot that was slow with its visitors is no better for being quick without them')],
  },
  {
    name: 'busy-slot-left',
    means: 'a slot that answers visitors is left because it does not say how it is',
    changes: [{ file: LEFT_BEHIND, from: "if (now.kind !== 'ill' && trafficLog", to: 'if (!trafficLog' }],
    killers: [moves('a slot that answers visitors is too busy to say how it is, and they stay')],
  },
  {
    name: 'unreached-and-kept',
    means: 'visitors stay at a slot that the director reaches and nginx does not',
    changes: [
      {
        file: LEFT_BEHIND,
        from: "if (now.kind === 'well' && sight !== 'unreached')",
        to: "if (now.kind === 'well' && sight)",
      },
    ],
    killers: [moves('a slot that the director reaches and nginx does not is left for one that is well')],
  },
  {
    name: 'held-up-and-judging',
    means: 'a director that is held up itself judges slots by it',
    changes: [{ file: LEFT_BEHIND, from: 'if (isHeldUp || !isBrisk(before))', to: 'if (!isBrisk(before))' }],
    killers: [moves('a director that is held up while it compares has seen nothing, and visitors stay')],
  },
  {
    name: 'stall-counts',
    means: 'time in which the director stood still counts as silence of others',
    changes: [
      {
        file: 'src/release/move/awake.ts',
        from: 'Math.min(nowMs - lastMs, MOST_TICKS_LATE * tickMs)',
        to: 'Math.max(nowMs - lastMs, MOST_TICKS_LATE)',
      },
    ],
    killers: [
      unit(
        'src/release/move/awake.test.ts',
        'an answer that came while the process stood still is taken, by nginx and by a slot',
      ),
    ],
  },
  {
    name: 'other-release-ignored',
    means: 'an answer by another slot or release is no reason to go back',
    changes: [{ file: CONFIRM, from: "if (last.kind === 'wrong')", to: "if (last.kind === 'silent')" }],
    killers: [
      confirming('a switch that the other slot answers to the end is unconfirmed, with what was seen last'),
      confirming(
        'another release is never taken for the one that was to move, also where it answers once and falls silent',
      ),
    ],
  },
  {
    name: 'same-build-is-enough',
    means:
      'a slot that runs the build with another release, so with another environment, passes for the one that was started',
    changes: [
      {
        file: 'src/health/not-yet.ts',
        from: 'if (payload.release !== release) return',
        to: 'if (payload.release < 0) return',
      },
    ],
    killers: [unit('src/health/slot-health.test.ts', 'a wrong release that goes away is forgiven')],
  },
  {
    name: 'other-release-looks-well',
    means: 'a look at a slot takes the answer of another release for a good one',
    changes: [
      {
        file: 'src/release/move/look-at.ts',
        from: 'if (payload.release !== release)',
        to: 'if (payload.release < 0)',
      },
    ],
    killers: [
      moves('a deploy that another release answers goes back, also where the slot of before was silent'),
      unit(
        'src/health/sights.test.ts',
        'what a slot answers is told apart from its silence, and that from nobody being there',
      ),
    ],
  },
  {
    name: 'lost-preload-mounted',
    means: 'a slot is started with a preload that is lost',
    changes: [
      {
        file: 'src/director/sound-files.ts',
        from: 'if (preload !== null && (await files.mendPreload(preload)))',
        to: "if (preload === '')",
      },
    ],
    killers: [
      unit(
        'src/director/sound-files.test.ts',
        'a slot is started under the name of its own preload, be it lost, and with none where it had none',
      ),
    ],
  },
  {
    name: 'stand-in-removed',
    means: 'what stands in for a lost preload goes with the next release',
    changes: [
      {
        file: 'src/state/preload/store.ts',
        from: 'if (other !== null) kept.add(other)',
        to: 'void other',
      },
    ],
    killers: [
      unit(
        'src/state/preload/store.test.ts',
        'what stands in for one that a slot needs stays as long as that does, and is no other’s after an update',
      ),
    ],
  },
  {
    name: 'env-file-not-in-use',
    means: 'pruning takes an environment that the env file names',
    changes: [
      {
        file: 'src/release/used-runtimes.ts',
        from: '({ runtime }) => runtime), ...named]',
        to: '({ runtime }) => runtime)]',
      },
    ],
    killers: [
      unit(
        'src/release/pruning.test.ts',
        'what the env file names is in use, whatever the journal says, and nothing goes where it can’t be read',
      ),
    ],
  },
  {
    name: 'claimed-host-kept',
    means: 'a visitor who claims the host of another server gets our own answer into what Next keeps for all',
    changes: [
      { file: 'src/workload/preload/own-requests.cjs', from: ' || isKept(input, init)', to: '' },
      {
        file: 'src/workload/preload/own-requests.cjs',
        from: 'isForVisitor() ? currentVisitor() : null',
        to: 'currentVisitor()',
      },
    ],
    killers: [
      unit(
        'src/workload/preload/addresses.test.ts',
        'a claimed address gets into nothing that Next keeps for other visitors, be it asked for the first time',
      ),
    ],
  },
  {
    name: 'live-unless-told',
    means: 'while nobody tells who is live, both slots do its work',
    changes: [
      {
        file: 'src/workload/preload/live.cjs',
        from: 'ledTo(SWITCHYARD_LIVE_LINK) === SLOT',
        to: '(ledTo(SWITCHYARD_LIVE_LINK) ?? SLOT) === SLOT',
      },
    ],
    killers: [
      unit(
        'src/workload/preload/live.test.ts',
        'one slot is live at a time, at the moment at which the link is renamed',
      ),
    ],
  },
  {
    name: 'live-to-the-end',
    means: 'a slot that was told to stop goes on with the work of the live one',
    changes: [{ file: 'src/workload/preload/live.cjs', from: '!stop.aborted && ', to: '' }],
    killers: [
      unit(
        'src/workload/preload/live.test.ts',
        'a slot that was told to stop is not live, and a process that is no slot is',
      ),
    ],
  },
  {
    name: 'generation-not-asked',
    means: 'a move counts whatever generation nginx says',
    changes: [
      {
        file: CONFIRM,
        from: 'if (state?.generation === generation) return null',
        to: 'if (generation) return null',
      },
    ],
    killers: [confirming('an nginx that says another generation, or is not there, confirms nothing')],
  },
  {
    name: 'late-nginx-denies',
    means: 'an nginx that is starved is taken for one that says otherwise',
    changes: [
      {
        file: CONFIRM,
        from: "isLate: cause.facts.contact === 'taken' }",
        to: "isLate: cause.facts.contact === 'late' }",
      },
    ],
    killers: [confirming('an nginx that is late to say its generation is waited for, and then told')],
  },
  {
    name: 'absent-nginx-excused',
    means: 'an nginx that is not there is taken for one that is late',
    changes: [
      {
        file: CONFIRM,
        from: "isLate: cause.facts.contact === 'taken' }",
        to: "isLate: cause.facts.contact !== 'late' }",
      },
    ],
    killers: [confirming('an nginx that says another generation, or is not there, confirms nothing')],
  },
  {
    name: 'silent-standby-refused',
    means: 'a rollback is refused for a silence that the live slot shares',
    changes: [
      {
        file: 'src/release/move/check-standby.ts',
        from: '  return neitherAnswers(parts, release, signal)',
        to: "  void neitherAnswers(parts, release, signal).catch(() => null)\n  throw new ReleaseError('standby-unhealthy')",
      },
    ],
    killers: [
      moves(
        'a rollback from a slot that is as silent as the standby goes through: visitors lose nothing by it',
      ),
    ],
  },
  {
    name: 'hung-standby-taken',
    means: 'a rollback goes to a standby that hangs, from a live slot that answers',
    changes: [
      {
        file: 'src/release/move/check-standby.ts',
        from: "if (kind !== 'silent' && kind !== 'gone')",
        to: "if (kind === 'malformed')",
      },
    ],
    killers: [moves('a rollback to a standby that is silent is refused while the live slot answers')],
  },
  {
    name: 'fail-over-when-starved',
    means: 'the director fails over though both slots are slow',
    changes: [
      {
        file: 'src/director/fail-over.ts',
        from: "if (sight.kind === 'well' && (live.kind !== 'silent' || isBrisk(sight))) return null",
        to: "if (sight.kind === 'well' || (live.kind === 'gone' && isBrisk(sight))) return null",
      },
    ],
    killers: [
      unit(
        'src/director/fail-over.test.ts',
        'where the live slot is silent and the standby slow, the machine is overloaded, which is said, and nothing moves',
      ),
    ],
  },
  {
    name: 'recovery-back-on-silence',
    means: 'a director that starts anew takes visitors back from a slot that is silent to one that is so too',
    changes: [
      {
        file: 'src/release/forward.ts',
        from: "tries < PROBE_TRIES && former ? 'no worse' : 'worse'",
        to: "tries < 0 && former ? 'no worse' : 'worse'",
      },
    ],
    killers: [
      unit(
        'src/release/recovery.test.ts',
        'where neither slot ever answers, visitors stay where they were led, and a person is called for',
      ),
    ],
  },
  {
    name: 'late-nginx-refuses-rollback',
    means: 'a rollback is refused because nginx is late to answer',
    changes: [
      {
        file: 'src/director/preflight.ts',
        from: "if (!isLate || found.outcome !== 'refused') return found",
        to: 'if (!isLate || found) return found',
      },
    ],
    killers: [
      unit(
        'src/director/preflight.test.ts',
        'an nginx that is late is a warning to a rollback, and one that is not there refuses it',
      ),
    ],
  },
  {
    name: 'script-back-on-silence',
    means: './rollback.sh takes a move back for silence alone',
    changes: [{ file: 'rollback.sh', from: '  "$left_well" || return 1\n', to: '  return 0\n' }],
    killers: [
      scripted('where neither slot answers the move goes through, since visitors lose nothing by it'),
      scripted('a slot that was silent with its visitors is no better for answering without them'),
    ],
  },
  {
    name: 'script-no-comparison',
    means: './rollback.sh leaves visitors at a slot that hangs, though the one of before is well',
    changes: [{ file: 'rollback.sh', from: '  "$left_well" || return 1\n', to: '  return 1\n' }],
    killers: [
      scripted(
        'a standby that falls silent once it has the visitors loses them to a slot that was well and is',
      ),
      scripted('a standby that nginx does not reach loses the visitors, though it answers us'),
    ],
  },
  {
    name: 'script-other-release-ignored',
    means: './rollback.sh takes any answer of the slot for the release',
    changes: [{ file: 'rollback.sh', from: ': *$2\\b" <<<"$answer"; }', to: ': *" <<<"$answer"; }' }],
    killers: [scripted('another release in the standby takes the move back')],
  },
  {
    name: 'script-asks-the-live-slot',
    means: './rollback.sh takes nginx for dead while the live slot hangs',
    changes: [
      { file: 'rollback.sh', from: '"$1" "$2" /_switchyard/live)', to: '"$1" "$2" /api/system/status)' },
      {
        file: 'rollback.sh',
        from: 'nginx_says=late; else nginx_says=gone; fi',
        to: 'nginx_says=gone; else nginx_says=gone; fi',
      },
    ],
    killers: [scripted('a live slot that hangs keeps nobody from a healthy standby')],
  },
  {
    name: 'script-hung-standby-taken',
    means: './rollback.sh goes to a standby that hangs, from a live slot that answers',
    changes: [
      {
        file: 'rollback.sh',
        from: 'if answers_at_all "$live"; then',
        to: 'if ! answers_at_all "$live"; then',
      },
    ],
    killers: [scripted('a standby that hangs is refused while the live slot answers')],
  },
  {
    name: 'undo-skipped',
    means: 'a release that fails leaves everything as it is',
    changes: [
      {
        file: 'src/release/engine.ts',
        from: 'const undone = await undoRelease(parts, currentRelease(parts, id), log)',
        to: 'const undone = { doubt: null, loss: null }\n  void undoRelease',
      },
    ],
    killers: [model],
  },
  {
    name: 'drain-skipped',
    means: 'a slot is reused while it answers',
    changes: [
      {
        file: STEPS,
        from: 'drainSlot(context.parts, current(context).slot, context.id, context.log, context.signal)',
        to: 'drainSlot ? null : null',
      },
    ],
    killers: [model],
  },
  {
    name: 'undo-does-not-drain',
    means: 'the way back stops a slot that still answers',
    changes: [
      {
        file: UNDO,
        from: '  for (const slot of slotsWithVisitors(release)) await letGo(parts, release, slot, log)\n',
        to: '  void slotsWithVisitors\n  void letGo\n',
      },
    ],
    killers: [model],
  },
  {
    name: 'lock-not-taken',
    means: 'the lock is written down and not held',
    changes: [
      {
        file: 'src/state/lock.ts',
        from: "const code = await flock(['-w', String(PATIENCE_SECONDS), '3'], fd)",
        to: 'const code: number = Math.min(0, PATIENCE_SECONDS)',
      },
    ],
    killers: [
      unit('src/state/lock.test.ts', 'one holder at a time, even within one process, and it says who it is'),
      cell('deploy/health:started/rollback-sh'),
    ],
  },
  {
    name: 'release-without-lock',
    means: 'a release begins beside another one',
    changes: [
      {
        file: 'src/director/releases.ts',
        from: 'const held = isHeld ? null : await takeLock(lockPath, holder)\n    if (held && !isHeld) {',
        to: 'const held = { release: () => void takeLock }\n    if (lockPath) {',
      },
    ],
    killers: [model, cell('deploy/health:started/second-deploy')],
  },
  {
    name: 'recovery-does-not-ask',
    means: 'recovery goes forward to a slot that may be dead',
    changes: [
      {
        file: 'src/release/recovery.ts',
        from: 'const standing = await howItStands(parts, release, slot)',
        to: "const standing = howItStands ? 'well' : 'worse'",
      },
    ],
    killers: [
      model,
      unit(
        'src/release/recovery.test.ts',
        'where the other slot answers and the new one does not, it goes back, and drains the new one first',
      ),
    ],
  },
  {
    name: 'recovery-always-back',
    means: 'recovery takes visitors from a slot that they were led to and that is well',
    changes: [
      {
        file: 'src/release/recovery.ts',
        from: "if (standing === 'worse' && !isRecord(release))",
        to: "if (standing === 'worse' || slot === release.slot)",
      },
    ],
    killers: [
      unit(
        'src/release/recovery.test.ts',
        'killed right after the traffic had moved, the release is finished and none of its steps runs on',
      ),
    ],
  },
  {
    name: 'env-file-before-commit',
    means: 'the env file names the new build before visitors get it',
    changes: [
      {
        file: STEPS,
        from: '    await parts.traffic.write(next)\n    return `generation',
        to: '    await recordLive(parts, mustGet(parts.journal, id))\n    await parts.traffic.write(next)\n    return `generation',
      },
    ],
    killers: [model],
  },
  {
    name: 'abort-after-commit',
    means: 'an abort is honoured when the traffic has moved',
    changes: [
      {
        file: 'src/director/releases.ts',
        from: "if (release.state !== 'preparing')\n",
        to: "if (release.state === 'live')\n",
      },
    ],
    killers: [model],
  },
  {
    name: 'abort-lost',
    means: 'an abort is accepted and forgotten',
    changes: [{ file: STEPS, from: '    signal.throwIfAborted()\n', to: '    void signal\n' }],
    killers: [model, cell('deploy/switch:started/abort')],
  },
  {
    name: 'standby-not-checked',
    means: 'a rollback goes to a standby that may be dead',
    changes: [
      {
        file: STEPS,
        from: 'if (!startsSlot(release)) return checkStandby(context, release, expectedIn(context))',
        to: 'if (!startsSlot(release)) return checkStandby ? null : null',
      },
      {
        file: STEPS,
        from: '    await checkStandby(context, release, expectedIn(context), 1)\n    return\n',
        to: '    return\n',
      },
    ],
    killers: [
      model,
      unit('src/release/undo.test.ts', 'a rollback that is refused does not put an ill standby in reach'),
      cell('rollback/switch:started/target-dies'),
    ],
  },
  {
    name: 'routing-from-the-journal',
    means: 'what the journal says counts, and not what is on the disk',
    changes: [
      {
        file: 'src/director/adopt.ts',
        from: 'return (await movedTo(parts)) !== null',
        to: 'return (await movedTo(parts)) === undefined',
      },
    ],
    killers: [
      model,
      unit(
        'src/director/settling.test.ts',
        'a move by ./rollback.sh is entered with its name and time, and written down',
      ),
    ],
  },
  {
    name: 'pins-forgotten',
    means: 'open tabs are not led to the slot that runs their build',
    changes: [
      {
        file: 'src/release/routing.ts',
        from: 'pins: pinsFor(live, reached),',
        to: 'pins: pinsFor(live, {}),',
      },
    ],
    killers: [model, unit('src/release/routing.test.ts', 'open tabs keep the slot that runs their build')],
  },
  {
    name: 'generation-not-raised',
    means: 'a new routing has the number of the one before it',
    changes: [
      {
        file: 'src/release/routing.ts',
        from: '    generation: current.generation + 1,\n    live,',
        to: '    generation: current.generation,\n    live,',
      },
    ],
    killers: [model],
  },
  {
    name: 'bar-not-applied',
    means: 'a barred build stays in reach',
    changes: [
      {
        file: 'src/release/routing.ts',
        from: 'slot !== live && barOn(bars, builds[slot]) !== null',
        to: 'slot !== live && barOn([], builds[slot]) !== null && bars',
      },
    ],
    killers: [model],
  },
  {
    name: 'symlink-made-anew',
    means: 'the symlink is taken away and made again, and not renamed',
    changes: [
      {
        file: SWITCH,
        from: '  await rename(temporary, current)\n',
        to: '  await rm(current, { force: true })\n  await symlink(name, current)\n',
      },
    ],
    killers: [
      unit(
        'src/nginx/switch.test.ts',
        'whoever reads while it is written finds one generation or the next, and never none',
      ),
    ],
  },
  {
    name: 'symlink-not-synced',
    means: 'the directory is not synced after the rename that moves the traffic',
    changes: [
      {
        file: SWITCH,
        from: '  await rename(temporary, current)\n  await tell()\n  await syncDirectory(liveDir)\n',
        to: '  await rename(temporary, current)\n  await tell()\n',
      },
    ],
    killers: [powerCuts('routing', 'lost')],
  },
  {
    name: 'generation-not-synced',
    means: 'state.json has its name before it has its bytes',
    changes: [{ file: SWITCH, from: "  if (text !== '') await file.sync()\n", to: '' }],
    killers: [powerCuts('routing', 'bad')],
  },
  {
    name: 'journal-not-synced',
    means: 'the journal acknowledges what is not on the disk',
    changes: [
      {
        file: 'src/state/journal-file.ts',
        from: 'PRAGMA synchronous = FULL',
        to: 'PRAGMA synchronous = NORMAL',
      },
    ],
    killers: [powerCuts('journal', 'bad')],
  },
  {
    name: 'identity-not-synced',
    means: 'operators and the audit record are acknowledged and not on the disk',
    changes: [
      {
        file: 'src/director/identity/database.ts',
        from: 'PRAGMA synchronous = FULL',
        to: 'PRAGMA synchronous = NORMAL',
      },
    ],
    killers: [powerCuts('identity', 'lost')],
  },
  {
    name: 'directory-not-synced',
    means: 'small files are renamed, and the directory is not synced',
    changes: [
      { file: 'src/state/durable-file.ts', from: '  await directory.sync()\n', to: '  void directory\n' },
    ],
    killers: [powerCuts('env-file', 'lost')],
  },
  {
    name: 'file-not-synced',
    means: 'small files are renamed before their bytes are on the disk',
    changes: [{ file: 'src/state/durable-file.ts', from: '    await file.sync()\n', to: '' }],
    killers: [powerCuts('set-up', 'bad')],
  },
  {
    name: 'script-not-synced',
    means: './rollback.sh leaves word that a power cut takes back',
    changes: [
      { file: 'rollback.sh', from: 'mv -T "$new" "$1" && sync "$(dirname "$1")"', to: 'mv -T "$new" "$1"' },
    ],
    killers: [powerCuts('rollback-script', 'lost')],
  },
]
