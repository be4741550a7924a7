import assert from 'node:assert/strict'
import {
  chmod,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { ReleaseError } from '../release/errors.ts'
import type { RoutingState } from '../release/ports.ts'
import { readGeneration, readRouting } from './read-generation.ts'
import { writeGeneration } from './switch.ts'

let liveDir: string
beforeEach(async () => {
  liveDir = join(await mkdtemp(join(tmpdir(), 'switchyard-live-')), 'live')
})
afterEach(() => rm(join(liveDir, '..'), { recursive: true, force: true }))

function generation(number: number, changes: Partial<RoutingState> = {}): RoutingState {
  return {
    generation: number,
    live: 'primary',
    up: ['primary', 'secondary'],
    shares: {},
    pins: [{ deploymentId: 'b1-aaaaaaa', slot: 'primary' }],
    console: null,
    barred: [],
    release: number,
    ...changes,
  }
}

test('before the first release there is no generation', async () => {
  assert.equal(await readGeneration(liveDir), null)
})

test('what was written is read back, through a relative symlink', async () => {
  await writeGeneration(liveDir, generation(1))
  await writeGeneration(liveDir, generation(2, { live: 'secondary' }))
  assert.equal(await readlink(join(liveDir, 'current')), 'gen-2')
  assert.deepEqual(await readGeneration(liveDir), generation(2, { live: 'secondary' }))
  assert.deepEqual((await readdir(liveDir)).toSorted(), ['current', 'gen-1', 'gen-2', 'told'])
})

test('nginx can read it whatever the umask of the writer is', async () => {
  const umask = process.umask(0o077)
  try {
    await writeGeneration(liveDir, generation(1))
  } finally {
    process.umask(umask)
  }
  assert.equal((await stat(join(liveDir, 'gen-1'))).mode & 0o777, 0o755)
  assert.equal((await stat(join(liveDir, 'gen-1', 'state.json'))).mode & 0o777, 0o644)
  assert.equal((await stat(join(liveDir, 'gen-1', 'up-primary'))).mode & 0o777, 0o644)
})

test('the live flag is executable where no visitor is counted apart, and nowhere else', async () => {
  const modeOf = async (flag: string) => (await stat(join(liveDir, 'current', flag))).mode & 0o777
  await writeGeneration(liveDir, generation(1))
  assert.deepEqual([await modeOf('live-primary'), await modeOf('up-primary')], [0o755, 0o644])
  await writeGeneration(liveDir, generation(2, { shares: { secondary: 5 } }))
  assert.equal(await modeOf('live-primary'), 0o644)
  await writeGeneration(liveDir, generation(3, { shares: { secondary: 0 } }))
  assert.equal(await modeOf('live-primary'), 0o755)
})

test('an executable live flag that hides shares is an edit by hand', async () => {
  await writeGeneration(liveDir, generation(1, { shares: { secondary: 5 } }))
  await chmod(join(liveDir, 'current', 'live-primary'), 0o755)
  await assert.rejects(readGeneration(liveDir), (error) => {
    assert.ok(error instanceof ReleaseError)
    assert.equal(error.code, 'routing-edited')
    assert.equal(error.facts.reason, 'live-primary in gen-1 is executable, which hides the shares')
    return true
  })
})

test('a generation of before flags were executable is as good', async () => {
  await writeGeneration(liveDir, generation(1))
  await chmod(join(liveDir, 'current', 'live-primary'), 0o644)
  assert.deepEqual(await readGeneration(liveDir), generation(1))
})

test('the same generation may be written twice; another of its number, or an older one, may not', async () => {
  await writeGeneration(liveDir, generation(3))
  await writeGeneration(liveDir, generation(3))
  for (const [next, reason] of [
    [generation(3, { live: 'secondary' }), 'generation 3 is not newer than 3'],
    [generation(2), 'generation 2 is not newer than 3'],
    [
      generation(4, { live: 'secondary', up: ['primary'] }),
      'a routing state is wrong at its top: the live slot secondary is not up',
    ],
  ] as const) {
    await assert.rejects(writeGeneration(liveDir, next), (error) => refusedWith(error, 'internal', reason))
  }
  assert.deepEqual(await readGeneration(liveDir), generation(3))
})

test('what a killed writer left is made anew', async () => {
  await writeGeneration(liveDir, generation(1))
  await mkdir(join(liveDir, 'gen-2.tmp'))
  await writeFile(join(liveDir, 'gen-2.tmp', 'live-secondary'), '')
  await mkdir(join(liveDir, 'gen-2'))
  await writeFile(join(liveDir, 'gen-2', 'live-secondary'), '')
  await symlink('gen-2', join(liveDir, 'current.tmp'))
  await writeGeneration(liveDir, generation(2))
  assert.deepEqual(await readGeneration(liveDir), generation(2))
})

test('the ten newest generations stay, and nothing that is not ours goes', async () => {
  await mkdir(liveDir, { recursive: true })
  await writeFile(join(liveDir, 'admin.conf'), '')
  for (let number = 1; number <= 13; number++) await writeGeneration(liveDir, generation(number))
  const names = await readdir(liveDir)
  const kept = names.filter((name) => name.startsWith('gen-')).toSorted()
  assert.deepEqual(kept, [4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map((n) => `gen-${n}`).toSorted())
  assert.ok(names.includes('admin.conf'))
})

const EDITS: readonly [string, (current: string) => Promise<unknown>, string | RegExp][] = [
  [
    'another live flag',
    (current) => writeFile(join(current, 'live-secondary'), ''),
    'gen-1 has live-secondary besides',
  ],
  ['a flag taken away', (current) => unlink(join(current, 'up-secondary')), 'gen-1 lacks up-secondary'],
  [
    'the live flag renamed',
    async (current) => {
      await unlink(join(current, 'live-primary'))
      await writeFile(join(current, 'live-secondary'), '')
    },
    'gen-1 lacks live-primary and has live-secondary besides',
  ],
  [
    'state.json taken away',
    (current) => unlink(join(current, 'state.json')),
    'gen-1 has no state.json that can be read',
  ],
  [
    'state.json cut off',
    (current) => writeFile(join(current, 'state.json'), '{"generation": 1'),
    'state.json in gen-1 is wrong at its top: Invalid input: expected object, received undefined',
  ],
  [
    'a slot of another name in state.json',
    (current) =>
      writeFile(join(current, 'state.json'), JSON.stringify({ ...generation(1), live: 'tertiary' })),
    /^state\.json in gen-1 is wrong at live: /,
  ],
  [
    'another number in state.json',
    (current) => writeFile(join(current, 'state.json'), JSON.stringify(generation(9))),
    'state.json in gen-1 says generation 9',
  ],
  [
    'the symlink led elsewhere',
    async (current) => {
      await unlink(current)
      await symlink('/etc', current)
    },
    'current leads to "/etc"',
  ],
  [
    'a directory in place of the symlink',
    async (current) => {
      await unlink(current)
      await mkdir(current)
    },
    'current is not a symlink',
  ],
  [
    'the generation taken away',
    (current) => rm(join(current, '..', 'gen-1'), { recursive: true }),
    "current leads to gen-1, which can't be read",
  ],
]

for (const [what, edit, reason] of EDITS) {
  test(`an edit by hand is told: ${what}`, async () => {
    await writeGeneration(liveDir, generation(1))
    await edit(join(liveDir, 'current'))
    await assert.rejects(readGeneration(liveDir), (error) => refusedWith(error, 'routing-edited', reason))
  })
}

const LED_NOWHERE: readonly [string, (current: string) => Promise<unknown>][] = [
  ['gone', unlink],
  [
    'led to a generation that is gone',
    async (current) => {
      await unlink(current)
      await symlink('gen-9', current)
    },
  ],
  [
    'led elsewhere',
    async (current) => {
      await unlink(current)
      await symlink('/etc', current)
    },
  ],
  [
    'a directory, as after a copy that follows symlinks',
    async (current) => {
      await unlink(current)
      await cp(join(current, '..', 'gen-2'), current, { recursive: true })
    },
  ],
]

for (const [what, edit] of LED_NOWHERE) {
  test(`a current that is ${what} has no slot live, and the next generation replaces it`, async () => {
    await writeGeneration(liveDir, generation(2))
    await writeGeneration(liveDir, generation(1_000))
    await edit(join(liveDir, 'current'))
    const lost = await readRouting(liveDir)
    assert.deepEqual([lost?.generation, lost?.live, lost?.up], [1_000, null, []])
    await writeGeneration(liveDir, generation(1_001))
    assert.deepEqual(await readRouting(liveDir), generation(1_001))
  })
}

test('where no generation ever was there is no routing', async () => {
  assert.equal(await readRouting(liveDir), null)
})

test('the symlink itself is replaced, never followed', async () => {
  await writeGeneration(liveDir, generation(1))
  await writeGeneration(liveDir, generation(2))
  assert.ok((await lstat(join(liveDir, 'current'))).isSymbolicLink())
  assert.deepEqual((await readdir(join(liveDir, 'gen-1'))).includes('gen-2'), false)
})

function refusedWith(error: unknown, code: string, reason: string | RegExp): boolean {
  assert.ok(error instanceof ReleaseError)
  assert.equal(error.code, code)
  const found = error.facts.reason ?? ''
  if (typeof reason === 'string') assert.equal(found, reason)
  else assert.match(found, reason)
  return true
}

test('whoever reads while it is written finds one generation or the next, and never none', async () => {
  await writeGeneration(liveDir, generation(1))
  const seen: (string | null)[] = []
  let isWriting = true
  const reading = (async () => {
    while (isWriting) seen.push(await readlink(join(liveDir, 'current')).catch(() => null))
  })()
  for (let number = 2; number <= 40; number++) await writeGeneration(liveDir, generation(number))
  isWriting = false
  await reading
  assert.ok(seen.length > 40, `it was read ${seen.length} times`)
  assert.equal(seen.filter((name) => name === null).length, 0)
})
