import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderReport, renderText } from './report.ts'
import type { Result } from './results.ts'

const machine = {
  cores: '2 cores',
  memory: '8 GiB',
  kernel: '6.1',
  docker: '27.0',
  nginx: '1.30.0',
  node: '26.1.0',
}

const table = {
  title: 'Flips',
  columns: ['way', 'failed'],
  rows: [
    ['Switchyard', '0'],
    ['a|b', '104'],
  ],
  targets: [
    { name: 'failed', limit: '0', seen: '0', isMet: true, why: null },
    { name: 'cut', limit: '0', seen: '2', isMet: false, why: 'The relay was late.' },
  ],
  notes: ['One run.'],
}

const result: Result = {
  name: 'tiny-failures',
  number: 1,
  title: 'Failures',
  ranAt: '2026-01-02T03:04:05.678Z',
  tookMs: 61_000,
  isFull: false,
  loadBefore: 0.25,
  machine,
  tables: [table],
  error: null,
}

test('a table is shown on a terminal with its columns aligned, its targets and its notes', () => {
  assert.equal(
    renderText(table),
    [
      'Flips',
      '',
      'way         failed',
      '──────────────────',
      'Switchyard  0',
      'a|b         104',
      '',
      'failed: 0 (target 0): met',
      'cut: 2 (target 0): missed. The relay was late.',
      '',
      '· One run.',
    ].join('\n'),
  )
})

test('the report holds each target, what failed to run and what was not run', () => {
  const report = renderReport([
    { name: 'tiny-failures', number: 1, title: 'Failures', result },
    {
      name: 'cost',
      number: 5,
      title: 'Cost',
      result: {
        ...result,
        name: 'cost',
        number: 5,
        title: 'Cost',
        tables: [],
        error: 'Docker does not answer.\n\nStart it.',
      },
    },
    { name: 'view', number: 6, title: 'View', result: null },
  ])
  assert.ok(
    report.includes('| 1. failed | 0 | 0 | met |\n| 1. cut | 0 | 2 | missed. The relay was late. |\n'),
    report,
  )
  assert.ok(report.includes('| 5. Cost |  |  | failed to run: Docker does not answer. Start it. |\n'), report)
  assert.ok(report.includes('| 2. browser tabs broken | 0 |  | not measured |\n'), report)
  assert.ok(report.includes('| 5. cost of a release | ≤ 1.5 s |  | not measured |\n'), report)
  assert.match(report, /^\| 6\. p99 of a visitor .* \| shown \| {2}\| not measured \|$/m)
  assert.ok(report.includes('| a\\|b | 104 |'), report)
  assert.ok(
    report.includes(
      'Run on 2026-01-02 03:04 UTC in 1m 1s: `npm run bench -- tiny-failures`. Load average before it: 0.3.',
    ),
    report,
  )
  assert.ok(report.includes('**It failed to run:** Docker does not answer.'), report)
  assert.ok(report.includes('Not run yet: `npm run bench -- view`.'), report)
  assert.equal(report.match(/Machine: /g)?.length, 1)
})

test('what is measured is not said to be missing, and a miss without a reason says so', () => {
  const cost = { name: 'Cost of a release', limit: '≤ 1.5 s', seen: '2.00 s', isMet: false, why: null }
  const tables = [{ ...table, targets: [cost] }]
  const report = renderReport([
    { name: 'cost', number: 5, title: 'Cost', result: { ...result, name: 'cost', number: 5, tables } },
    { name: 'view', number: 6, title: 'View', result: { ...result, name: 'view', number: 6 } },
  ])
  assert.deepEqual(report.match(/^\| 5\. cost of a release .*$/gim), [
    '| 5. Cost of a release | ≤ 1.5 s | 2.00 s | missed. The reason was not measured. |',
  ])
  assert.match(report, /^\| 6\. p99 of a visitor .* \| shown \| below \| shown \|$/m)
})

test('a result of another machine names it', () => {
  const older = { ...result, ranAt: '2025-01-01T00:00:00.000Z', machine: { ...machine, cores: '64 cores' } }
  const report = renderReport([
    { name: 'tiny-failures', number: 1, title: 'Failures', result },
    { name: 'old', number: 3, title: 'Latency', result: { ...older, name: 'old' } },
  ])
  assert.equal(report.match(/Machine: 2 cores/g)?.length, 1)
  assert.equal(report.match(/Machine: 64 cores/g)?.length, 1)
})
