import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { environmentStore } from '../state/environment/store.ts'
import { readRedaction } from './redact.ts'

const directory = mkdtempSync(join(tmpdir(), 'redact-'))
after(() => rmSync(directory, { recursive: true }))
const LIKE_VARIABLE = `\${hunter9!x}`
const write = (file: string, text: string): void => writeFileSync(join(directory, file), text)
beforeEach(() => {
  for (const file of ['app.env', 'app.build.env']) rmSync(join(directory, file), { force: true })
})

test('values are taken out as the app gets them', async () => {
  write(
    'app.env',
    'HASH=$2a$10$bY3ZpvQN/nTF # mine\nURL="postgres://u:pa#ss@db"\nNEXT_PUBLIC_SITE=example.org\n',
  )
  write('app.build.env', "TOKEN='npm_0123456789'\n")
  const redact = await readRedaction({ directory })
  assert.equal(
    redact('$2a$10$bY3ZpvQN/nTF postgres://u:pa#ss@db example.org npm_0123456789'),
    '[HASH] [URL] example.org [TOKEN]',
  )
})

test('what a slot was started with is taken out after it has left app.env', async () => {
  await environmentStore(join(directory, 'state/environments')).keep(new Map([['OLD', 'hunter2hunter2']]))
  assert.equal((await readRedaction({ directory }))('the key is hunter2hunter2'), 'the key is [OLD]')
})

test('of a line that is wrong the whole of it is taken out', async () => {
  write('app.env', 'hunter2 without a name\nT="hunter3hunter3\nhunter4hunter4\n')
  const redact = await readRedaction({ directory })
  assert.equal(redact('"hunter2 without a name", hunter3hunter3, hunter4hunter4'), '"[line 1]", [T], [T]')
})

test('compose tells where an env file is wrong, and nothing of what is in it', async () => {
  write('app.env', `T=$2a$10$bY3/${LIKE_VARIABLE}\n`)
  const redact = await readRedaction({ directory })
  const said: readonly (readonly [string, string])[] = [
    [
      'line 2: unexpected character "@" in variable name "S3CRET p@ss!word=hunter2"',
      'line 2: unexpected character in variable name',
    ],
    ['line 4: unterminated quoted value "hunter2', 'line 4: unterminated quoted value'],
    [`Invalid template: "a${LIKE_VARIABLE}def"`, 'Invalid template'],
    [
      String.raw`time="x" level=warning msg="The \"bY3\" variable is not set. Defaulting to a blank string."`,
      String.raw`time="x" level=warning msg="The \"…\" variable is not set. Defaulting to a blank string."`,
    ],
    [
      String.raw`level=warning msg="The \"HTTP_PORT\" variable is not set. Defaulting to a blank string."`,
      String.raw`level=warning msg="The \"HTTP_PORT\" variable is not set. Defaulting to a blank string."`,
    ],
  ]
  for (const [line, shown] of said) assert.equal(redact(line), shown)
})
