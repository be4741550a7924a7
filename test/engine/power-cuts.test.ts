import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const PROGRAM = join(import.meta.dirname, '..', 'faults', 'power-cuts.ts')
const ONE_OF_EACH_AND_MORE = 14
const DEADLINE_MS = 180_000

test('whatever was acknowledged survives a power cut, and all that is there can be read', (context) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [PROGRAM, '--cuts', String(ONE_OF_EACH_AND_MORE)],
    { encoding: 'utf8', timeout: DEADLINE_MS },
  )
  for (const line of stdout.trim().split('\n')) context.diagnostic(line)
  assert.equal(status, 0, `${stdout}${stderr}`)
  assert.match(stdout, /^14 cuts, [1-9]\d* acknowledged writes: 0 bad, 0 lost\./m)
})
