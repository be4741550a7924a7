import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOfBuild } from './own-build.ts'

const page = { slot: 'primary', release: 7, deploymentId: 'b7-1a2b3c4' } as const

test('a build is known by its id, whatever slot and release brought it', () => {
  assert.equal(isOfBuild(page, page), true)
  assert.equal(isOfBuild(page, { ...page, slot: 'secondary', release: 9 }), true)
  assert.equal(isOfBuild(page, { ...page, deploymentId: 'b8-5d6e7f8' }), false)
  assert.equal(isOfBuild(page, { ...page, deploymentId: null }), false)
})

test('a build without an id is known by the release in its slot', () => {
  const nameless = { ...page, deploymentId: null }
  assert.equal(isOfBuild(nameless, nameless), true)
  assert.equal(isOfBuild(nameless, { ...nameless, release: 8 }), false)
  assert.equal(isOfBuild(nameless, { ...nameless, slot: 'secondary' }), false)
})
