import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readSettings, type Settings } from '../config/settings.ts'
import { cpuProblems, withinCores } from './cpu-limits.ts'

function settings(file: Record<string, string>): Settings {
  const result = readSettings(new Map(Object.entries(file)), {})
  assert.ok(result.ok)
  return result.settings
}

test('limits that Docker would refuse are named, with what it allows', () => {
  const given = settings({ SLOT_CPUS: '64', DIRECTOR_CPUS: '0.001', PROXY_CPUS: '2' })
  assert.deepEqual(cpuProblems(given, 2), [
    'SLOT_CPUS is 64, but Docker has 2 cores here: set 0.01 to 2.',
    'DIRECTOR_CPUS is 0.001, but Docker has 2 cores here: set 0.01 to 2.',
  ])
  assert.deepEqual(cpuProblems(settings({ PROXY_CPUS: '1.5' }), 1), [
    'PROXY_CPUS is 1.5, but Docker has 1 core here: set 0.01 to 1.',
  ])
})

test('defaults fit every host', () => {
  assert.deepEqual(cpuProblems(settings({}), 1), [])
  assert.equal(withinCores(settings({}), 1).PROXY_CPUS, '1')
  assert.equal(withinCores(settings({}), 2).PROXY_CPUS, undefined)
  assert.equal(withinCores(settings({ PROXY_CPUS: '0.5' }), 1).PROXY_CPUS, '0.5')
  const compose = readFileSync(join(import.meta.dirname, '../../docker-compose.release.yml'), 'utf8')
  const defaults = [...compose.matchAll(/cpus: \$\{(\w+):-([\d.]+)\}/g)].map(([, name, cores]) => [
    name,
    cores,
  ])
  assert.deepEqual(defaults, [
    ['SLOT_CPUS', '1.0'],
    ['PROXY_CPUS', '2.0'],
    ['DIRECTOR_CPUS', '1.0'],
  ])
})
