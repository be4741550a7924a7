import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { keepCli } from './keep-cli.ts'

const place = mkdtempSync(join(tmpdir(), 'switchyard-keep-cli-'))
after(() => rmSync(place, { recursive: true }))

const target = join(place, 'state', 'cli')

function image(version: string): string {
  const own = join(place, `image-${version}`)
  mkdirSync(own, { recursive: true })
  writeFileSync(join(own, 'VERSION'), `${version}\n`)
  writeFileSync(join(own, 'main.mjs'), `console.log('${version}')\n`)
  writeFileSync(join(own, 'switchyard'), '#!/bin/sh\n', { mode: 0o755 })
  return own
}

const current = () => readFileSync(join(target, 'current', 'main.mjs'), 'utf8')

test('the command line is kept behind a link, and a second start writes nothing', async () => {
  const own = image('aaaa')
  assert.equal(await keepCli(target, own), true)
  assert.equal(current(), "console.log('aaaa')\n")
  assert.equal(statSync(join(target, 'current', 'switchyard')).mode & 0o777, 0o755)
  assert.equal(await keepCli(target, own), false)
})

test('another version replaces it at once; the one before stays for those that run it, older ones go', async () => {
  mkdirSync(join(target, 'cache'))
  assert.equal(await keepCli(target, image('bbbb')), true)
  assert.deepEqual([readlinkSync(join(target, 'current')), current()], ['bbbb', "console.log('bbbb')\n"])
  assert.deepEqual(readdirSync(target).sort(), ['aaaa', 'bbbb', 'current'])
  await keepCli(target, image('cccc'))
  assert.deepEqual(readdirSync(target).sort(), ['bbbb', 'cccc', 'current'])
})

for (const [what, damage] of [
  ['a file that was cut short', () => writeFileSync(join(target, 'current', 'main.mjs'), 'cons')],
  ['a missing file', () => rmSync(join(target, 'cccc', 'main.mjs'))],
  ['a missing directory', () => rmSync(join(target, 'cccc'), { recursive: true })],
  ['a missing link', () => rmSync(join(target, 'current'))],
  [
    'a directory in place of the link',
    () => {
      rmSync(join(target, 'current'))
      mkdirSync(join(target, 'current'))
    },
  ],
  ['all of it gone', () => rmSync(target, { recursive: true })],
] as const) {
  test(`${what} is mended`, async () => {
    damage()
    assert.equal(await keepCli(target, image('cccc')), true)
    assert.equal(current(), "console.log('cccc')\n")
    assert.equal(await keepCli(target, image('cccc')), false)
  })
}

test('a director that runs from a checkout keeps nothing', async () => {
  assert.equal(await keepCli(join(place, 'none'), join(place, 'no-image')), false)
  assert.throws(() => readdirSync(join(place, 'none')))
})
