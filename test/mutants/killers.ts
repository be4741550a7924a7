/** A test that must fail on a mutant, and must pass without. */
export type Killer = {
  /** For people. */
  name: string
  /** What Node runs, in the copy of the repository. */
  argv: readonly string[]
  /** What its output says where it was this test that failed, and not something before it. */
  failed: RegExp
  /** What its output says where it ran and passed. */
  passed: RegExp
  /** Of a single test. */
  file?: string
  title?: string
  /** A cell of the matrix, which needs a machine with Docker of its own. */
  cell?: string
}

/** One test of a file, by its whole name; it may stand in a suite. */
export function unit(file: string, title: string): Killer {
  const exact = escaped(title)
  return {
    ...{ file, title, name: `"${title}" (${file})` },
    argv: ['--test', '--test-reporter=tap', `--test-name-pattern=(^| )${exact}$`, file],
    failed: new RegExp(`^ *not ok \\d+ - ${exact}`, 'm'),
    passed: new RegExp(`^ *ok \\d+ - ${exact}`, 'm'),
  }
}

/** The tests by model. */
export const model: Killer = {
  name: 'the tests by model',
  argv: ['test/model/main.ts', '--runs', '5000', '--seed', '1'],
  failed: /^Run \d+ of seed 1 breaks a rule/m,
  passed: /no violation/,
}

/** Power cuts while one thing is written. */
export function powerCuts(subject: string, damage: 'bad' | 'lost'): Killer {
  return {
    name: `power cuts of ${subject}`,
    argv: ['test/faults/power-cuts.ts', '--only', subject, '--cuts', '8', '--seed', '3'],
    failed: new RegExp(`^cut \\d+ \\(${subject}, .*: ${damage}: `, 'm'),
    passed: /^8 cuts, [1-9]\d* acknowledged writes: 0 bad, 0 lost\./m,
  }
}

/** Cells of the matrix of faults, by id. */
export function cell(id: string): Killer {
  return {
    name: `cell ${id}`,
    argv: cellsArgv([id]),
    failed: new RegExp(`^✗ ${escaped(id)}$`, 'm'),
    passed: / 0 cells violated/,
    cell: id,
  }
}

/** The look at the matrix's points: an event of the journal's schema that no clean release writes fails the run. */
export function points(event: string): Killer {
  const missing = `No clean release writes the event "${event}".`
  return {
    ...cell('deploy/switch:renamed-current/kill'),
    name: `the points of the matrix, which lack "${event}"`,
    failed: new RegExp(`^${escaped(missing)}$`, 'm'),
  }
}

export function cellsArgv(ids: readonly string[]): string[] {
  return [
    'test/faults/main.ts',
    '--only',
    ids.join(','),
    '--shards',
    '1',
    '--seed',
    '1',
    '--rig',
    'switchyard-mutants',
  ]
}

function escaped(text: string): string {
  return text.replace(/[.+*?^$()|[\]{}\\/]/g, '\\$&')
}
