import assert from 'node:assert/strict'
import { test } from 'node:test'
import { yard } from '../../test/fixtures/yard.ts'
import { ReleaseError } from '../release/errors.ts'
import { type HostChecks, preflightOf } from './preflight.ts'

const nothing = async () => null
const HOST: HostChecks = {
  ...{ docker: nothing, disk: nothing, foundation: nothing, node: nothing },
  ...{ source: async () => [], addresses: async () => [] },
  ...{ reserve: () => null, compose: async () => [], environment: async () => [] },
}

async function findingOf(contact: 'taken' | 'none') {
  const { parts } = await yard()
  const error = new ReleaseError('nginx-unreachable', {
    reason: 'nginx:8081 did not answer within 2000 ms',
    contact,
  })
  const traffic = { ...parts.traffic, served: () => Promise.reject(error) }
  const findings = await preflightOf(traffic, HOST).run({ kind: 'standby' }, AbortSignal.timeout(5_000))
  return findings.find(({ name }) => name === 'nginx')
}

test('an nginx that is late is a warning to a rollback, and one that is not there refuses it', async () => {
  assert.deepEqual(await findingOf('taken'), {
    ...{ name: 'nginx', outcome: 'warning' },
    sentence: 'nginx runs and is late to answer, as on a machine that is short of processor time.',
  })
  assert.deepEqual(await findingOf('none'), {
    ...{ code: 'nginx-unreachable', name: 'nginx', outcome: 'refused' },
    sentence: "nginx can't be reached: nginx:8081 did not answer within 2000 ms.",
  })
})
