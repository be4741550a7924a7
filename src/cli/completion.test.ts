import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { completions } from './completion.ts'
import { createProgram } from './program.ts'

const place = mkdtempSync(join(tmpdir(), 'switchyard-completion-'))
after(() => rmSync(place, { recursive: true }))

const { bash, zsh, fish } = completions(createProgram(async () => undefined))

/** What bash itself offers behind `words`; the last one is being typed. */
function offered(...words: string[]): string[] {
  const file = join(place, 'switchyard')
  writeFileSync(file, bash)
  const script =
    '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _switchyard; printf "%s\\n" "$' +
    '{COMPREPLY[@]}"'
  const output = execFileSync('bash', ['-c', script, 'bash', file, 'switchyard', ...words], {
    encoding: 'utf8',
  })
  return output.split('\n').filter((line) => line !== '')
}

test('bash offers the verbs, those of set-up too', () => {
  assert.deepEqual(offered('ro'), ['rollback'])
  assert.deepEqual(offered('u'), ['unbar', 'unkeep', 'unfreeze', 'up'])
  assert.deepEqual(offered('--project', '/srv/shop', 'dep'), ['deploy'])
  assert.deepEqual(offered('--project', `${place.slice(0, -1)}`).length, 1)
})

test('bash offers the options of a verb, the slots for a log, and what may be done with sessions and operators', () => {
  assert.deepEqual(offered('deploy', '--dr'), ['--dry-run'])
  assert.deepEqual(offered('logs', ''), ['primary', 'secondary', '--follow', '--json'])
  assert.deepEqual(offered('sessions', ''), ['list', 'end', '--json', '--all'])
  assert.deepEqual(offered('operators', 're'), ['remove', 'reset'])
  assert.deepEqual(offered('down', '--'), ['--purge', '--yes'])
  assert.deepEqual(offered('status', 'x'), [])
})

test('zsh and fish know every verb', () => {
  const names = createProgram(async () => undefined).commands.map((command) => command.name())
  for (const name of [...names, 'up', 'down']) {
    assert.ok(zsh.includes(`    '${name}:`), name)
    assert.ok(fish.includes(` -a ${name} -d '`), name)
  }
  assert.ok(zsh.startsWith('#compdef switchyard\n'))
})
