import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { MADE_IMAGES } from '../../src/setup/image-names.ts'
import { removeEndedErrands } from '../../src/setup/toolbox.ts'
import { takeLock } from '../../src/state/lock.ts'
import { type Running, start } from '../fixtures/command-line.ts'
import { thisMachine } from '../system/place.ts'
import { until } from './until.ts'

const { docker } = thisMachine
/** In the argv of every errand here, to tell them from those of others. */
const MARK = 'switchyard-errands-test'
const directory = mkdtempSync(join(tmpdir(), 'switchyard-errands-'))
const lockFile = join(directory, 'deploy.lock')
const setup = join(import.meta.dirname, '..', '..', 'src', 'setup')

beforeEach(sweep)
after(async () => {
  await sweep()
  rmSync(directory, { recursive: true, force: true })
})

async function errands() {
  const all = await docker.listContainers({ all: true, filters: { label: ['io.switchyard.errand'] } })
  return all.filter(({ Command }) => Command.includes(MARK))
}

async function sweep() {
  for (const { Id } of await errands()) await docker.getContainer(Id).remove({ force: true })
}

/** A set-up in a process of its own, whose errand lasts for `seconds` once it has said that it runs. */
function setUpWithErrand(seconds: number) {
  const errand = {
    image: MADE_IMAGES.tools,
    argv: ['sh', '-c', `echo it runs; exec sleep ${seconds}`, MARK],
    binds: [],
    timeoutMs: 60_000,
  }
  const program = `
    import { engineClient } from ${JSON.stringify(join(setup, 'docker-ready.ts'))}
    import { runErrand } from ${JSON.stringify(join(setup, 'toolbox.ts'))}
    import { underLock } from ${JSON.stringify(join(setup, 'under-lock.ts'))}
    await underLock({ state: ${JSON.stringify(directory)} }, { user: 'ada', verb: 'set-up' }, () =>
      runErrand(engineClient(), ${JSON.stringify(errand)}, console.log),
    )
    console.log('it went on')`
  return start(directory, [], [process.execPath, '--input-type=module', '-e', program])
}

async function untilItRuns(running: Running) {
  const early = running.ended.then(({ out, err }) => assert.fail(`Set-up ended early.\n${out}${err}`))
  await Promise.race([running.untilShown('it runs'), early])
  // Docker 20.10 may pass on a program's first words before it calls the container running.
  await until('the errand runs', 10_000, async () =>
    (await errands())[0]?.State === 'running' ? true : null,
  )
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} ends the errand, then frees the lock, then ends set-up`, async () => {
    const running = setUpWithErrand(60)
    await untilItRuns(running)
    running.kill(signal)
    // As npm and a terminal do.
    running.kill(signal)
    const { exitCode, out, err } = await running.ended
    // Null: the signal itself ended it.
    assert.deepEqual({ exitCode, out, err }, { exitCode: null, out: 'it runs\n', err: '' })
    assert.deepEqual(await errands(), [])
    assert.equal(existsSync(`${lockFile}.json`), false)
    const actor = { kind: 'host', name: 'ada' } as const
    const held = await takeLock(lockFile, {
      verb: 'set-up',
      release: null,
      actor,
      since: '2026-03-02T14:30:00Z',
    })
    assert.notEqual(held, null)
    held?.release()
  })
}

test('what a killed set-up left is removed once it has ended, and never while it runs', async () => {
  const running = setUpWithErrand(3)
  await untilItRuns(running)
  running.kill('SIGKILL')
  await running.ended
  await removeEndedErrands(docker)
  assert.equal((await errands())[0]?.State, 'running')
  await until('the errand has ended', 20_000, async () =>
    (await errands())[0]?.State === 'exited' ? true : null,
  )
  await removeEndedErrands(docker)
  assert.deepEqual(await errands(), [])
})
