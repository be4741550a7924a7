import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diskVerdict, memoryVerdict, missingBytes } from './host-capacity.ts'

const GIB = 1024 ** 3

test('a disk with room passes', () => {
  assert.deepEqual(diskVerdict([{ path: '/srv', bytes: 5 * GIB, inodes: null }], 2 * GIB), {
    name: 'disk',
    outcome: 'ok',
    sentence: '5 GiB are free at /srv.',
  })
})

test('a full disk is refused, in space and in inodes', () => {
  assert.deepEqual(diskVerdict([{ path: '/srv', bytes: 1.5 * GIB, inodes: 1e6 }], 2 * GIB), {
    code: 'disk-full',
    name: 'disk',
    outcome: 'refused',
    sentence: '1.5 GiB are free at /srv, a release needs 2 GiB.',
  })
  assert.equal(
    diskVerdict([{ path: '/srv', bytes: 5 * GIB, inodes: 12 }], 2 * GIB).sentence,
    'Room for 12 more files is left at /srv, a release needs 50000.',
  )
})

test('of two disks the first is named, and neither hides that the other is full', () => {
  const images = { path: '/var/lib/docker', bytes: 3 * GIB, inodes: 12 }
  const state = { path: '/srv', bytes: 2.5 * GIB, inodes: 1e6 }
  assert.equal(
    diskVerdict([images, state], 2 * GIB).sentence,
    'Room for 12 more files is left at /var/lib/docker, a release needs 50000.',
  )
  const roomy = { ...images, inodes: null }
  assert.equal(diskVerdict([roomy, state], 2 * GIB).sentence, '3 GiB are free at /var/lib/docker.')
  assert.equal(
    diskVerdict([roomy, { ...state, bytes: GIB }], 2 * GIB).sentence,
    '1 GiB are free at /srv, a release needs 2 GiB.',
  )
})

test('what is missing is what lets the release begin, on the fullest disk', () => {
  const disk = (bytes: number, inodes: number | null) => ({ path: '/srv', bytes, inodes })
  assert.equal(missingBytes([disk(5 * GIB, null)], 2 * GIB), 0)
  assert.equal(missingBytes([disk(5 * GIB, null), disk(GIB, 1e6)], 2 * GIB), GIB)
  assert.equal(missingBytes([disk(5 * GIB, 49_999)], 2 * GIB), 1)
})

test('memory is held against the limit of a slot', () => {
  assert.deepEqual(memoryVerdict({ limitBytes: GIB, availableBytes: GIB / 2 }), {
    code: 'memory-short',
    name: 'memory',
    outcome: 'refused',
    sentence: '512 MiB are available, a slot at its limit needs 1 GiB.',
  })
  assert.equal(
    memoryVerdict({ limitBytes: GIB, availableBytes: 2 * GIB }).sentence,
    '2 GiB of memory are available, a slot at its limit needs 1 GiB.',
  )
  assert.equal(
    memoryVerdict({ limitBytes: 0, availableBytes: 2 * GIB }).sentence,
    'The slots have no memory limit; 2 GiB are available.',
  )
})
