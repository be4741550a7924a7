import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSettings, type Settings } from '../../config/settings.ts'
import { choosePrefixes } from './choose.ts'
import { subnetsIn } from './in-use.ts'

function settings(given: Record<string, string> = {}): Settings {
  const result = readSettings(new Map(), given)
  if (!result.ok) throw new Error(result.problems.join('\n'))
  return result.settings
}

const NOTHING = { inUse: [], routed: [] }
const used = (...subnets: string[]) => ({ inUse: subnets.map((subnet) => ({ subnet })), routed: [] })

const CASES: readonly [
  name: string,
  given: Record<string, string>,
  recorded: Record<string, string>,
  taken: Parameters<typeof choosePrefixes>[2],
  primary: string,
  secondary: string,
][] = [
  ['the next two', {}, {}, NOTHING, '172.30.43', '172.30.44'],
  ['the next two after another network', { NETWORK_PREFIX: '10.9.8' }, {}, NOTHING, '10.9.9', '10.9.10'],
  ['what is free', {}, {}, used('172.30.43.0/24', '172.30.45.128/25'), '172.30.44', '172.30.46'],
  [
    'from the beginning after the end',
    { NETWORK_PREFIX: '10.9.255' },
    {},
    used('10.9.0.0/23'),
    '10.9.2',
    '10.9.3',
  ],
  ['the settings', { PRIMARY_NETWORK_PREFIX: '10.1.1' }, {}, NOTHING, '10.1.1', '172.30.43'],
  [
    'what the other one does not need',
    { SECONDARY_NETWORK_PREFIX: '172.30.43' },
    {},
    NOTHING,
    '172.30.44',
    '172.30.43',
  ],
  [
    'what was recorded',
    {},
    { PRIMARY_NETWORK_PREFIX: '10.1.1', SECONDARY_NETWORK_PREFIX: '10.1.2' },
    used('10.1.0.0/16'),
    '10.1.1',
    '10.1.2',
  ],
  [
    'nothing of what was recorded wrongly',
    {},
    { PRIMARY_NETWORK_PREFIX: '172.30.42', SECONDARY_NETWORK_PREFIX: 'x' },
    NOTHING,
    '172.30.43',
    '172.30.44',
  ],
  ['what no route leads to', {}, {}, { inUse: [], routed: ['172.30.43.0/24'] }, '172.30.44', '172.30.45'],
  [
    'what a wide route hides, where there is nothing else',
    {},
    {},
    { inUse: [], routed: ['172.16.0.0/12'] },
    '172.30.43',
    '172.30.44',
  ],
]

for (const [name, given, recorded, taken, primary, secondary] of CASES) {
  test(`the slots get ${name}`, () => {
    const prefixes = choosePrefixes(settings(given), new Map(Object.entries(recorded)), taken)
    const control = given.NETWORK_PREFIX ?? '172.30.42'
    assert.deepEqual(prefixes, { control, primary, secondary })
  })
}

test('where nothing is free the setting is named', () => {
  assert.throws(() => choosePrefixes(settings(), new Map(), used('172.30.0.0/16')), {
    message:
      'No network is free beside 172.30.42.0/24 for a slot: Docker or this machine has all of 172.30.0.0/16. ' +
      'Write a free one into switchyard.env (for example `PRIMARY_NETWORK_PREFIX=10.99.43`), then run the command again.',
  })
})

test("routes are read from the kernel's table, but for the default one", () => {
  const text = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t0104C80A\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'eth0\t0004C80A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    'tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0',
    '',
  ].join('\n')
  assert.deepEqual(subnetsIn(text), ['10.200.4.0/24', '10.0.0.0/8'])
})
