import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

/** A checkout of which only scripts/ is there. */
const dir = mkdtempSync(join(tmpdir(), 'switchyard-entry-'))
cpSync(join(import.meta.dirname, '../../scripts'), join(dir, 'scripts'), { recursive: true })
after(() => rmSync(dir, { recursive: true }))

function run(...args: string[]) {
  const { SWITCHYARD_DIR: _, ...env } = process.env
  const entry = join(dir, 'scripts/switchyard.mjs')
  return spawnSync(process.execPath, [entry, ...args], { encoding: 'utf8', cwd: tmpdir(), env })
}

const NEVER = 'Switchyard is not up here: it was never set up.'
const BRING_UP = 'Bring the system up with `npm run up`, then try again.'

test('where nothing was ever set up a command says so, and installs nothing', () => {
  const { status, stdout, stderr } = run('status')
  assert.deepEqual([status, stdout, stderr], [69, '', `${NEVER}\n${BRING_UP}\n`])
  const json = run('rollback', '--json')
  assert.equal(json.status, 69)
  assert.equal(JSON.parse(json.stdout).error.what, NEVER)
  assert.deepEqual(readdirSync(dir), ['scripts'])
})

test('what the director keeps is run in the very process, with the arguments, for this project', () => {
  const kept = join(dir, 'state/cli/current')
  mkdirSync(kept, { recursive: true })
  writeFileSync(
    join(kept, 'main.mjs'),
    'console.log(process.argv.slice(2).join(" "), process.env.SWITCHYARD_DIR); process.exitCode = 75',
  )
  const { status, stdout } = run('logs', '--follow')
  assert.deepEqual([status, stdout], [75, `logs --follow ${dir}\n`])
})
