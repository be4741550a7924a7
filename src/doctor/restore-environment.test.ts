import assert from 'node:assert/strict'
import { test } from 'node:test'
import { environmentsOf } from './restore-environment.ts'

const IMAGE = ['PATH=/usr/bin', 'NODE_ENV=production', 'NODE_OPTIONS=--trace-warnings']
const COMPOSE = ['SLOT=primary', 'SWITCHYARD_RELEASE=3', 'PORT=3000', 'HOSTNAME=0.0.0.0']
const PRELOAD = '--require /run/switchyard-preload/main.cjs'

const found = (...container: string[]) =>
  environmentsOf([...IMAGE.slice(0, 2), ...COMPOSE, ...container], IMAGE).map((values) => [...values])

test("a container's environment is the app's without what image and compose have given it", () => {
  const own = ['A=1', 'B=x=y\nz', 'C=']
  const values = [
    ['A', '1'],
    ['B', 'x=y\nz'],
    ['C', ''],
  ]
  assert.deepEqual(found(...own, `NODE_OPTIONS=${PRELOAD}`), [values])
  assert.deepEqual(found(...own), [values])
  assert.deepEqual(found('NODE_OPTIONS=--inspect'), [[['NODE_OPTIONS', '--inspect']]])
})

test('options behind the preload are those of the app or of its image', () => {
  assert.deepEqual(found('A=1', `NODE_OPTIONS=${PRELOAD} --inspect`), [
    [
      ['A', '1'],
      ['NODE_OPTIONS', '--inspect'],
    ],
    [['A', '1']],
  ])
})
