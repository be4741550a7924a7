import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PermissionFacts, permissionsFor } from './permissions.ts'
import { createRelease } from './transitions.ts'

const release = createRelease(
  4,
  {
    type: 'created',
    draft: {
      verb: 'deploy',
      source: { kind: 'tree' },
      slot: 'primary',
      from: 'secondary',
      build: null,
      replaces: null,
      label: null,
      note: null,
      actor: { kind: 'host', name: 'root' },
      steps: [],
    },
  },
  '2026-01-01T00:00:00.000Z',
)

const CALM: PermissionFacts = {
  running: null,
  heldBy: null,
  hasLive: true,
  unsettled: null,
  standbyProblem: null,
  dockerProblem: null,
  frozen: null,
}

const CASES: [string, Partial<PermissionFacts>, Record<string, string | null>][] = [
  [
    'all is calm',
    {},
    {
      ...{ deploy: null, deployByMachine: null, rollback: null, abort: 'No release is under way.' },
      ...{ reload: null, bar: null, freeze: null, prune: null },
    },
  ],
  [
    'a release is under way',
    { running: release },
    {
      deploy: 'Release 4 is under way.',
      rollback: 'Release 4 is under way.',
      abort: null,
      reload: 'Release 4 is under way.',
      bar: 'Release 4 is under way.',
      prune: 'Release 4 is under way.',
      deployByMachine: 'Release 4 is under way.',
      freeze: null,
    },
  ],
  [
    'the traffic has moved',
    { running: { ...release, state: 'switching' } },
    { abort: 'Release 4 has already moved the traffic.', deploy: 'Release 4 is under way.' },
  ],
  ['a script holds the lock', { heldBy: 'rollback.sh' }, { deploy: 'rollback.sh holds the release lock.' }],
  ['nothing is live', { hasLive: false }, { rollback: 'Nothing is live yet.', deploy: null }],
  [
    'the standby is down',
    { standbyProblem: 'primary is exited.' },
    { rollback: 'primary is exited.', deploy: null },
  ],
  [
    'the standby is barred',
    { standbyProblem: '1.4.0 (b7) is barred by ada since 2026-03-01 10:00:04 UTC.' },
    { rollback: '1.4.0 (b7) is barred by ada since 2026-03-01 10:00:04 UTC.', deploy: null, bar: null },
  ],
  [
    'an earlier release is not settled',
    { unsettled: "Release 3 can't be settled." },
    {
      deploy: "Release 3 can't be settled.",
      rollback: "Release 3 can't be settled.",
      reload: null,
      bar: "Release 3 can't be settled.",
    },
  ],
  [
    'deploys by machines are frozen',
    { frozen: 'Deploys by machines are frozen by ada since 2026-03-01 10:00:04 UTC: Christmas.' },
    {
      deployByMachine: 'Deploys by machines are frozen by ada since 2026-03-01 10:00:04 UTC: Christmas.',
      ...{ deploy: null, rollback: null, bar: null, freeze: null },
    },
  ],
  [
    'Docker is down',
    { dockerProblem: 'No Docker.' },
    { deploy: 'No Docker.', reload: 'No Docker.', prune: 'No Docker.', rollback: null, bar: null },
  ],
]

for (const [name, facts, expected] of CASES) {
  test(`what may be done when ${name}`, () => {
    const permissions: Record<string, { allowed: boolean; reason: string | null }> = permissionsFor({
      ...CALM,
      ...facts,
    })
    for (const [verb, reason] of Object.entries(expected)) {
      assert.deepEqual(permissions[verb], { allowed: reason === null, reason }, verb)
    }
  })
}
