import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knownFaults, revisionWords } from './known-faults.ts'

const [RIFT, CAPTURES, MAP, STRINGS] = ['CVE-2026-42945', 'CVE-2026-9256', 'CVE-2026-42533', 'CVE-2026-93479']

for (const [version, name, faults] of [
  ['1.22.1', '1.22.1-9+deb12u11', []],
  ['1.22.1', '1.22.1-9+deb12u10', [STRINGS]],
  ['1.22.1', '1.22.1-9+deb12u9', [MAP, STRINGS]],
  ['1.22.1', '1.22.1-9+deb12u4', [RIFT, CAPTURES, MAP, STRINGS]],
  ['1.22.1', '1.22.1-9', [RIFT, CAPTURES, MAP, STRINGS]],
  ['1.26.3', '1.26.3-3+deb13u10', []],
  ['1.26.3', '1.26.3-3+deb13u8', [MAP, STRINGS]],
  ['1.26.3', null, [RIFT, CAPTURES, MAP, STRINGS]],
  ['1.30.3', '1.30.3-1~trixie', [MAP, STRINGS]],
  ['1.30.4', null, [STRINGS]],
  ['1.30.7', '1.30.7-1~trixie', []],
  ['1.31.2', null, [MAP, STRINGS]],
  ['1.31.9', null, []],
  ['1.32.0', null, []],
  ['2.0.0', null, []],
] as const) {
  test(`${revisionWords({ version, package: name })} has ${faults.length} known faults`, () => {
    assert.deepEqual(knownFaults({ version, package: name }), faults)
  })
}
