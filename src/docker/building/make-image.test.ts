import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { stagesIn } from './make-image.ts'

test('the Dockerfile of this template has both stages that a container runs, each with its argument', () => {
  const dockerfile = readFileSync(join(import.meta.dirname, '../../../Dockerfile.runtime'), 'utf8')
  assert.deepEqual(stagesIn(dockerfile), ['install', 'source'])
  assert.deepEqual(stagesIn(dockerfile.replace('ARG INSTALLED=deps', '')), ['source'])
  assert.deepEqual(stagesIn(dockerfile.replace(/ AS source$/m, ' AS sources')), ['install'])
})
