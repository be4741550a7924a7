import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { cli } from '../../test/fixtures/command-line.ts'
import type { Found } from '../doctor/finding.ts'
import { doctorLines, exitCodeOfFindings, mendLines } from './doctor-lines.ts'

const plain = { paint: (_colour: string, text: string) => text }

const found = (severity: Found['severity'], sentence: string, canMend: boolean): Found => ({
  check: 'nginx',
  ...{ severity, sentence, remedy: canMend ? '--fix does it.' : 'Do it.' },
  mend: canMend ? async () => undefined : null,
})

test('a sound system is one line', () => {
  assert.deepEqual(doctorLines([], 'Everything agrees.', null, plain), ['Everything agrees.'])
})

test('findings are told with what can be done, and how many --fix mends', () => {
  const two = [found('broken', 'It is down.', true), found('warning', 'It is old.', false)]
  assert.deepEqual(doctorLines(two, '', null, plain), [
    'broken   It is down.',
    '         --fix does it.',
    'warning  It is old.',
    '         Do it.',
    '',
    '2 things found. `switchyard doctor --fix` mends 1.',
  ])
})

test('after --fix it is told what is mended, what is left and what failed', () => {
  const left = found('warning', 'It is old.', true)
  const failures = new Map([['It is old.', 'there is no image']])
  assert.deepEqual(
    mendLines({ mended: [found('broken', 'It is down.', true)], failures, left: [left] }, plain),
    [
      'mended   It is down.',
      'warning  It is old.',
      '         --fix does it.',
      '         This failed: there is no image.',
      '',
      '1 thing mended, 1 thing left.',
    ],
  )
})

test('the exit code tells whether visitors are served', () => {
  assert.equal(exitCodeOfFindings([]), 0)
  assert.equal(exitCodeOfFindings([found('warning', '', true)]), 1)
  assert.equal(exitCodeOfFindings([found('warning', '', true), found('broken', '', false)]), 2)
})

test('where nothing was ever set up the doctor says so', async () => {
  const empty = fileURLToPath(new URL('.', import.meta.url))
  const { exitCode, out, err } = await cli(empty, 'doctor')
  assert.deepEqual([exitCode, out, err], [2, '', 'Nothing was ever set up here: `npm run up` does.\n'])
})
