import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { applyChanges, envFileHas, mendEnvFile, parseEnv, readEnvFile, updateEnvFile } from './env-file.ts'

let directory = ''
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'switchyard-env-'))
})
after(async () => {
  await rm(directory, { recursive: true, force: true })
})

test('reads plain, quoted and commented values, and the last line for a name', () => {
  const text =
    '# ours\nA=1\nexport B=\'two words\'\nC="three" # note\nD=x # note\nE=a#b\nA=2\nnot a line\nF=\n'
  assert.deepEqual(Object.fromEntries(parseEnv(text)), {
    A: '2',
    B: 'two words',
    C: 'three',
    D: 'x',
    E: 'a#b',
    F: '',
  })
})

test('a change keeps its place, a new name goes to the end, every other line stays', () => {
  const text = '# kept\nA=1\n\nOTHER="as it was"\nB=2\n'
  assert.equal(
    applyChanges(text, { A: '9', B: null, NEW: 'switchyard/none' }),
    '# kept\nA=9\n\nOTHER="as it was"\nNEW=switchyard/none\n',
  )
})

test('a name that stands twice stands once after a change', () => {
  assert.equal(applyChanges('A=1\nB=2\nA=3\n', { A: '4' }), 'A=4\nB=2\n')
})

test('what is written is read back as it was', () => {
  for (const value of ['', 'a b', 'a$b', 'a#b', '"x"', 'registry:5000/a/b@sha256:00']) {
    assert.equal(parseEnv(applyChanges('', { A: value })).get('A'), value)
  }
})

test('a value that would break the file is refused by name', () => {
  for (const value of ['a\nB=2', "it's"]) {
    assert.throws(() => applyChanges('', { A: value }), {
      message: "A can't be written to an env file: it holds a single quote or a line end.",
    })
  }
})

test('an absent file is empty, an update makes it, the same update again leaves it alone', async () => {
  const path = join(directory, 'deployment_state.env')
  assert.equal((await readEnvFile(path)).size, 0)
  assert.equal(await updateEnvFile(path, { LIVE_SLOT: 'primary' }), true)
  const first = await stat(path)
  assert.equal(await updateEnvFile(path, { LIVE_SLOT: 'primary' }), false)
  assert.equal((await stat(path)).ino, first.ino)
  assert.equal(await readFile(path, 'utf8'), 'LIVE_SLOT=primary\n')
})

test('an update replaces the file by rename and leaves nothing beside it', async () => {
  const path = join(directory, 'replaced.env')
  await writeFile(path, 'A=1\n')
  const before = await stat(path)
  await updateEnvFile(path, { A: '2' })
  assert.notEqual((await stat(path)).ino, before.ino)
  assert.deepEqual(
    (await readdir(directory)).filter((name) => name.endsWith('.tmp')),
    [],
  )
})

const SOUND = "# of set-up\nSWITCHYARD_DIR='/srv/my shop'\nPRIMARY_IMAGE=shop:1\nLIVE_SLOT=primary\n"

const DAMAGES: [name: string, damage: (path: string) => Promise<unknown>][] = [
  ['gone', (path) => rm(path)],
  ['emptied', (path) => writeFile(path, '')],
  ['cut short in a line', (path) => writeFile(path, SOUND.slice(0, -4))],
  ['cut short at a line', (path) => writeFile(path, SOUND.slice(0, SOUND.indexOf('LIVE_SLOT')))],
  ['nonsense', (path) => writeFile(path, `{"nonsense": true}\n${SOUND}`)],
  ['zeros', (path) => writeFile(path, Buffer.alloc(SOUND.length))],
]

for (const [name, damage] of DAMAGES) {
  test(`a file that is ${name} is taken from its copy, by itself and with the next update`, async () => {
    const path = join(await mkdtemp(join(directory, 'damage-')), 'deployment_state.env')
    await writeFile(path, '# of set-up\n')
    await updateEnvFile(path, {
      SWITCHYARD_DIR: '/srv/my shop',
      PRIMARY_IMAGE: 'shop:1',
      LIVE_SLOT: 'primary',
    })
    assert.equal(await readFile(path, 'utf8'), SOUND)
    await damage(path)
    assert.equal(await envFileHas(path, { LIVE_SLOT: 'primary' }), false)
    assert.equal((await readEnvFile(path)).get('PRIMARY_IMAGE'), 'shop:1')
    await updateEnvFile(path, { LIVE_SLOT: 'secondary' })
    assert.equal(await readFile(path, 'utf8'), SOUND.replace('LIVE_SLOT=primary', 'LIVE_SLOT=secondary'))
    await damage(path)
    assert.equal(await mendEnvFile(path), true)
    assert.equal(await mendEnvFile(path), false)
    assert.equal(await envFileHas(path, { LIVE_SLOT: 'secondary', PRIMARY_IMAGE: 'shop:1' }), true)
  })
}

test('a copy that is damaged mends nothing, and is made anew with the next change', async () => {
  const path = join(await mkdtemp(join(directory, 'copy-')), 'deployment_state.env')
  await updateEnvFile(path, { SWITCHYARD_DIR: '/srv', LIVE_SLOT: 'primary' })
  const copy = await readFile(`${path}.copy`, 'utf8')
  await writeFile(`${path}.copy`, copy.replace('SWITCHYARD_DIR', 'SWITCHYARD_DIS'))
  assert.equal(await mendEnvFile(path), false)
  await updateEnvFile(path, { LIVE_SLOT: 'secondary' })
  assert.equal(await readFile(path, 'utf8'), 'SWITCHYARD_DIR=/srv\nLIVE_SLOT=secondary\n')
  await rm(path)
  assert.equal(await mendEnvFile(path), true)
  assert.equal((await readEnvFile(path)).get('SWITCHYARD_DIR'), '/srv')
  await rm(`${path}.copy`)
  await mkdir(`${path}.copy`)
  assert.equal(await mendEnvFile(path), false)
})

test('what a person added or changed by hand is no damage', async () => {
  const path = join(await mkdtemp(join(directory, 'by-hand-')), 'deployment_state.env')
  await updateEnvFile(path, { HTTP_PORT: '80' })
  await writeFile(path, '# mine\r\nHTTP_PORT=8080\r\n\r\nEXTRA=1\r\n')
  assert.equal(await mendEnvFile(path), false)
  await updateEnvFile(path, { LIVE_SLOT: 'primary' })
  assert.equal((await readEnvFile(path)).get('HTTP_PORT'), '8080')
})
