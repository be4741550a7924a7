import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allowedRepositories, parseReference } from './image-reference.ts'

test('a reference is taken apart', () => {
  assert.deepEqual(parseReference('ghcr.io:443/acme/site:v1.2'), {
    repository: 'ghcr.io:443/acme/site',
    fullRepository: 'ghcr.io:443/acme/site',
    tag: 'v1.2',
    digest: null,
  })
  assert.equal(parseReference('nginx')?.fullRepository, 'docker.io/library/nginx')
  assert.equal(parseReference('acme/site')?.fullRepository, 'docker.io/acme/site')
  assert.equal(parseReference(`acme/site@sha256:${'a'.repeat(64)}`)?.digest, `sha256:${'a'.repeat(64)}`)
})

const WRONG = [
  '',
  '-v',
  '--help',
  'a b',
  'A/B',
  'a/../b',
  'a//b',
  'a:',
  'a:b:c',
  'a@sha256:12',
  'a;b',
  'x\n',
  'x'.repeat(301),
]

for (const text of WRONG) {
  test(`${JSON.stringify(text.slice(0, 20))} is no reference`, () => assert.equal(parseReference(text), null))
}

const GLOBS: [string, string, boolean][] = [
  ['', 'acme/site', false],
  ['acme/site', 'acme/site:v1', true],
  ['acme/*', 'acme/site', true],
  ['acme/*', 'acme/team/site', false],
  ['acme/**', 'acme/team/site', true],
  ['docker.io/library/*', 'nginx', true],
  ['ghcr.io/acme/*', 'ghcrXio/acme/site', false],
  ['ghcr.io/acme/site', 'ghcr.io/acme/site-evil', false],
  [' one , two/* ', 'two/three', true],
  ['*', 'evil.example/site', false],
]

for (const [list, image, expected] of GLOBS) {
  test(`"${list}" ${expected ? 'allows' : 'does not allow'} ${image}`, () => {
    const reference = parseReference(image)
    assert.ok(reference)
    assert.equal(allowedRepositories(list)(reference), expected)
  })
}
