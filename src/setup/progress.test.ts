import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createProgress } from './progress.ts'

test('a step ends with its outcome, never with what it said last', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'switchyard-progress-'))
  const logPath = join(directory, 'set-up.log')
  const progress = createProgress(process.stderr, logPath)
  try {
    await progress.step('Wait for it', async (say) => say('it does not answer'))
    await progress.step(
      'Count them',
      async (say) => {
        say('counting')
        return 2
      },
      (count) => `${count} found`,
    )
    await assert.rejects(
      progress.step(
        'Break',
        async () => Promise.reject(new Error('broken')),
        () => 'never said',
      ),
    )
  } finally {
    progress.close()
  }
  const lines = readFileSync(logPath, 'utf8').trimEnd().split('\n')
  assert.deepEqual(
    lines.map((line) => line.replace(/^\S+ /, '').replace(/\d+\.\d s/, 'N s')),
    [
      'Wait for it …',
      '  it does not answer',
      '✓ Wait for it (N s)',
      'Count them …',
      '  counting',
      '✓ Count them: 2 found (N s)',
      'Break …',
      '✗ Break (N s)',
    ],
  )
  rmSync(directory, { recursive: true })
})
