import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitNpmrc } from './npmrc.ts'

/** As npm writes it in its settings. */
const variable = (name: string): string => `$\u007b${name}}`

test('settings may stand in a layer, and credentials come as a secret with their values', () => {
  const text = [
    'legacy-peer-deps=true',
    '@acme:registry=https://npm.acme.example/',
    `//npm.acme.example/:_authToken=${variable('NPM_TOKEN')}`,
    '//other.example/:_authToken = "npm_0123456789abcdef"',
    '//third.example/:_password=c2VjcmV0LXNlY3JldA==',
    '//third.example/:username=ada',
    '; //old.example/:_authToken=in-a-comment',
    'cafile=certs/ca.pem',
    '',
  ].join('\n')
  assert.deepEqual(splitNpmrc(text, { NPM_TOKEN: 'npm_from_build_env' }), {
    settings: [
      'legacy-peer-deps=true',
      '@acme:registry=https://npm.acme.example/',
      '; //old.example/:_authToken=in-a-comment',
      'cafile=certs/ca.pem',
      '',
    ].join('\n'),
    secret: text.replace(variable('NPM_TOKEN'), 'npm_from_build_env'),
    missing: [],
    hidden: [
      ['.npmrc _authToken', 'npm_from_build_env'],
      ['.npmrc _authToken', 'npm_0123456789abcdef'],
      ['.npmrc _password', 'c2VjcmV0LXNlY3JldA=='],
    ],
  })
})

for (const [line, why] of [
  ['registry=https://ada:pass@npm.example/', 'an address with a password'],
  ['https-proxy=http://ada:pass@proxy.example:3128', 'a proxy with a password'],
  [`registry=${variable('REGISTRY')}`, 'an address from the environment'],
  ['//npm.example/:certfile=/run/key.pem', 'a client certificate'],
  ['//npm.example/:_AUTHTOKEN=abc', 'another case'],
  ['_auth=YWRhOnBhc3M=', 'without a registry'],
] as const) {
  test(`a line with ${why} stands in no layer`, () => {
    assert.deepEqual(splitNpmrc(`a=1\n${line}\n`, {}).settings, 'a=1\n')
  })
}

test('a variable without a value is named once, an optional or escaped one is not', () => {
  const [one, two, three, four] = ['ONE', 'TWO?', 'THREE', 'FOUR'].map(variable)
  const split = splitNpmrc(`a=${one}\nb=${two}\nc=\\${three}\nd=${one}/${four}`, {})
  assert.deepEqual(split.missing, ['ONE', 'FOUR'])
  assert.equal(split.secret, `a=${one}\nb=\nc=\\${three}\nd=${one}/${four}`)
})
