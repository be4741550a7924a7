import assert from 'node:assert/strict'
import { readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { rotateAccessLog } from '../../src/nginx/rotate.ts'
import { CONTAINER_FILTER, type Rig, startRig, until } from './nginx-rig.ts'

let rig: Rig
before(async () => {
  rig = await startRig()
})
after(() => rig.stop())

test('a large access log is moved aside, and no line is lost', async () => {
  await rig.route({})
  const path = join(rig.dir, 'state/traffic/access.log')
  const proxy = { docker: rig.docker, containerFilter: CONTAINER_FILTER }
  const rotate = (maxBytes: number) => rotateAccessLog(proxy, path, maxBytes, AbortSignal.timeout(10_000))
  const ask = async (from: number, to: number) => {
    for (let n = from; n < to; n++) await rig.ask(`/echo-line-${n}`)
  }
  await ask(0, 50)
  assert.equal(await rotate(1_000_000_000), false)
  await until('nginx has written', async () => (await textOf(path)).includes('/echo-line-'))
  assert.equal(await rotate(1), true)
  await ask(50, 100)
  await until('every line is there', async () => {
    const lines = `${await textOf(`${path}.1`)}${await textOf(path)}`
    return Array.from({ length: 100 }, (_, n) => `"/echo-line-${n}"`).every((line) => lines.includes(line))
  })
})

test('a log that was moved by a director which was killed before its signal is opened anew', async () => {
  const path = join(rig.dir, 'state/traffic/access.log')
  await rename(path, `${path}.1`)
  const proxy = { docker: rig.docker, containerFilter: CONTAINER_FILTER }
  assert.equal(await rotateAccessLog(proxy, path, 1_000_000_000, AbortSignal.timeout(10_000)), true)
  await rig.ask('/echo-after-all')
  await until('nginx writes to the new one', async () => (await textOf(path)).includes('/echo-after-all'))
})

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '')
