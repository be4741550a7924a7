import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { doubledWords, problemWords, readAppFile } from './read.ts'
import { ENVIRONMENT_FILES, type EnvironmentFileName, isSetBySystem } from './set-by-system.ts'

const directory = mkdtempSync(join(tmpdir(), 'app-env-'))
after(() => rmSync(directory, { recursive: true }))

async function read(text: string, file: EnvironmentFileName = 'app.env') {
  writeFileSync(join(directory, file), text)
  return readAppFile(directory, file)
}

test('a file that is absent holds nothing, and nothing is wrong with it', async () => {
  const nothing = await readAppFile(join(directory, 'none'), 'app.env')
  assert.deepEqual([nothing.variables, problemWords(nothing), doubledWords(nothing)], [[], null, null])
})

test('what is wrong is told by file, line and name, and never by value', async () => {
  const file = await read('A=1\nT="it"s\nhunter2\nU=`hunter2`\nSLOT=hunter2\nPORT=3000\n')
  assert.equal(
    problemWords(file),
    'app.env, line 2, T: something follows its closing quote. ' +
      'app.env, line 3: it is not NAME=value. A name has letters, digits and _ . - and begins with no digit; a value of several lines needs quotes. ' +
      'app.env, line 4, U: its value begins with `, which some read as a quote: put it in quotes. ' +
      '1 more line is wrong.',
  )
  assert.equal(
    problemWords(await read('SLOT=a\n')),
    'app.env, line 1, SLOT: the system sets it itself, so remove the line.',
  )
})

test('what the system sets is refused where it would be lost, and goes where it says the same', async () => {
  assert.equal(problemWords(await read('PORT=3000\nHOSTNAME="0.0.0.0"\n')), null)
  for (const line of ['PORT=4000', 'SWITCHYARD_RELEASE=9', 'SWITCHYARD_X=1', 'KEEP_ALIVE_TIMEOUT=1'])
    assert.match(problemWords(await read(line)) ?? '', /the system sets it itself/)
  assert.match(
    problemWords(await read('NEXT_DEPLOYMENT_ID=x', 'app.build.env')) ?? '',
    /^app\.build\.env, line 1, NEXT_DEPL/,
  )
  assert.equal(problemWords(await read('PORT=4000', 'app.build.env')), null)
})

test('what is called set by the system is what the compose file and the image set', () => {
  const root = join(import.meta.dirname, '../../..')
  const compose = readFileSync(join(root, 'docker-compose.release.yml'), 'utf8')
  const [, block = ''] = /runtime_primary:[\s\S]*?\n {4}environment:\n((?: {6}.*\n)+)/.exec(compose) ?? []
  const set = [...block.matchAll(/^ {6}([A-Z_]+): "?([^"\n]*)"?$/gm)]
  assert.ok(set.length >= 5)
  for (const [, name = '', value = ''] of set) {
    assert.ok(isSetBySystem('app.env', name, 'x'), name)
    if (!value.includes('$') && name !== 'SLOT') assert.equal(ENVIRONMENT_FILES['app.env'][name], value)
  }
})

test('a name that every object in JavaScript has is a name like others', async () => {
  for (const name of ['app.env', 'app.build.env'] as const) {
    const file = await read('constructor=a\n__proto__=b\ntoString=c\nhasOwnProperty=d\n', name)
    assert.equal(problemWords(file), null)
    assert.deepEqual(
      file.variables.map(({ name, value }) => `${name}=${value}`),
      ['constructor=a', '__proto__=b', 'toString=c', 'hasOwnProperty=d'],
    )
  }
})

test('a name that is given twice is told with both lines', async () => {
  const file = await read('A=1\nB=2\nA=3\n')
  assert.equal(problemWords(file), null)
  assert.equal(doubledWords(file), 'app.env gives a name twice, and the last one counts: A in lines 1 and 3.')
})
