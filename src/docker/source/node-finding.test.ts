import assert from 'node:assert/strict'
import { test } from 'node:test'
import { disagreement, nodeVersionIn } from './node-finding.ts'
import { nodeWishes } from './node-wishes.ts'

type Files = Readonly<Record<string, string>>

const sentenceOf = async (files: Files, running = '26.10.0'): Promise<string | undefined> => {
  const wishes = await nodeWishes(async (path) => files[path] ?? null)
  return disagreement(wishes, running, 'node:26-slim')?.sentence
}
const manifest = (fields: object): Files => ({ 'package.json': JSON.stringify(fields) })

const AGREEING: readonly Files[] = [
  {},
  { '.nvmrc': 'v26.1.0\n' },
  { '.nvmrc': '26' },
  { '.nvmrc': 'lts/*' },
  { '.nvmrc': 'node' },
  { '.nvmrc': 'lts/nothing' },
  { '.nvmrc': '' },
  { '.node-version': '26.10.0\r\n' },
  { '.tool-versions': 'python 3.12.0\nnodejs 26.3.0 20.1.0\n' },
  { '.tool-versions': 'python 3.12.0\n' },
  { '.tool-versions': 'nodejs system\n' },
  manifest({ engines: { node: '>=20' } }),
  manifest({ engines: { node: '^22 || ^26' } }),
  manifest({ engines: { node: '*' } }),
  manifest({ engines: { node: 'whatever' } }),
  manifest({ engines: ['node >= 20'] }),
  manifest({ volta: { node: '26.1.0' } }),
  manifest({ devEngines: { runtime: { name: 'node', version: '>=24' } } }),
  manifest({ devEngines: { runtime: { name: 'bun', version: '1.0.0' } } }),
  { 'package.json': '{ "engines": ' },
]

for (const files of AGREEING) {
  test(`nothing is said of ${JSON.stringify(files)}`, async () => {
    assert.equal(await sentenceOf(files), undefined)
  })
}

const DISAGREEING: readonly (readonly [Files, string])[] = [
  [{ '.nvmrc': 'v20.11.1\n' }, '.nvmrc asks for Node v20.11.1'],
  [{ '.nvmrc': '\ufeff# ours\n20\n' }, '.nvmrc asks for Node 20'],
  [{ '.nvmrc': 'lts/Iron' }, '.nvmrc asks for Node lts/Iron'],
  [{ '.node-version': '22.x' }, '.node-version asks for Node 22.x'],
  [{ '.tool-versions': 'ruby 3.3.0\nnodejs   20.11.1\n' }, '.tool-versions asks for Node 20.11.1'],
  [manifest({ engines: { node: '>=20 <23' } }), 'package.json (engines) asks for Node >=20 <23'],
  [manifest({ engines: { node: '26.0.0' } }), 'package.json (engines) asks for Node 26.0.0'],
  [manifest({ engines: { node: '18' } }), 'package.json (engines) asks for Node 18'],
  [manifest({ volta: { node: '20.11.0' } }), 'package.json (volta) asks for Node 20.11.0'],
  [
    manifest({ devEngines: { runtime: [{ name: 'node', version: '^22' }] } }),
    'package.json (devEngines) asks for Node ^22',
  ],
]

for (const [files, words] of DISAGREEING) {
  test(`another Node is named with who wants it: ${words}`, async () => {
    assert.equal(
      await sentenceOf(files),
      `${words}, and the app is built and run with Node 26.10.0 (node:26-slim): name another image with NODE_IMAGE in switchyard.env and run \`npm run up\`, or bring the file up to date.`,
    )
  })
}

test('several are named in one sentence, and those that agree are not', async () => {
  const files = { '.nvmrc': '20', '.node-version': '26', ...manifest({ engines: { node: '<=24' } }) }
  assert.equal(
    await sentenceOf(files),
    '.nvmrc asks for Node 20 and package.json (engines) for <=24, and the app is built and run with Node 26.10.0 (node:26-slim): name another image with NODE_IMAGE in switchyard.env and run `npm run up`, or bring the files up to date.',
  )
})

test('where a major version is all that is known, what may be right is taken to be', async () => {
  assert.equal(await sentenceOf(manifest({ engines: { node: '>=26.4' } }), '26'), undefined)
  assert.match((await sentenceOf(manifest({ engines: { node: '<26' } }), '26')) ?? '', /with Node 26 \(/)
})

test('the version of an image is what it says of itself, else what its tag says', () => {
  for (const [image, environment, version] of [
    ['node:26-slim', ['PATH=/bin', 'NODE_VERSION=26.1.0'], '26.1.0'],
    ['node:22.4-slim', [], '22.4'],
    ['registry.example:5000/acme/node:20.11.1@sha256:0123', [], '20.11.1'],
    ['switchyard-base/node:26', [], '26'],
    ['registry.example:5000/acme/node', [], null],
    ['node:lts', [], null],
  ] as const) {
    assert.equal(nodeVersionIn(image, environment), version, image)
  }
})
