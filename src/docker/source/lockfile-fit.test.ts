import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lockfileProblem } from './lockfile.ts'

type Files = Readonly<Record<string, object>>

async function problemOf(files: Files, lockfile: object): Promise<string | null> {
  const all: Files = { ...files, 'package-lock.json': lockfile }
  // With a byte order mark, which npm reads over.
  return lockfileProblem(Object.keys(all), async (path) =>
    all[path] === undefined ? null : `\ufeff${JSON.stringify(all[path])}`,
  )
}

const shop = (fields: object): Files => ({ 'package.json': { name: 'shop', ...fields } })
const locked = (packages: object, root: object = {}) => ({ packages: { '': root, ...packages } })
const MS = { 'node_modules/ms': { version: '2.0.0' } }
const UI = { 'node_modules/ui': { resolved: 'packages/ui', link: true } }
const WORKSPACES = { workspaces: ['./packages/*', '!packages/old'] }

/** Each was held against `npm ci --dry-run` of npm 11, which refuses it. */
const REFUSED: readonly (readonly [words: string, files: Files, lockfile: object])[] = [
  [
    'package.json: it has ms 2.0.0 where ^2.1.0 is asked for',
    shop({ dependencies: { ms: '^2.1.0' } }),
    locked(MS),
  ],
  ['package.json: it has no zod', shop({ dependencies: { ms: '2.0.0', zod: '^4' } }), locked(MS)],
  ['package.json: it has no zod', shop({ devDependencies: { zod: '^4' } }), locked({})],
  ['package.json: it has no zod', shop({ optionalDependencies: { zod: '^4' } }), locked({})],
  [
    'package.json: it has n from ms where zod is asked for',
    shop({ dependencies: { n: 'npm:zod@^4' } }),
    locked({ 'node_modules/n': { name: 'ms', version: '2.1.3' } }),
  ],
  [
    'package.json: it has n 2.0.0 where 2.1.3 is asked for',
    shop({ dependencies: { n: 'npm:ms@2.1.3' } }),
    locked({ 'node_modules/n': { name: 'ms', version: '2.0.0' } }),
  ],
  [
    'package.json: it has v from file:vendor/v where file:vendor/w is asked for',
    shop({ dependencies: { v: 'file:vendor/w' } }),
    locked({ 'node_modules/v': { link: true }, 'vendor/v': {} }, { dependencies: { v: 'file:vendor/v' } }),
  ],
  [
    'packages/ui/package.json: it has ms 2.0.0 where 2.1.3 is asked for',
    {
      ...shop(WORKSPACES),
      'packages/ui/package.json': { name: 'ui', dependencies: { ms: '2.1.3' } },
    },
    locked({ ...MS, ...UI, 'packages/ui': {} }),
  ],
  [
    'packages/ui/package.json: it has no zod',
    {
      ...shop({ workspaces: { packages: ['packages/**'] } }),
      'packages/ui/package.json': { name: 'ui', devDependencies: { zod: '^4' } },
    },
    locked({ ...UI, 'packages/ui': {} }),
  ],
  [
    'package.json: it has no workspace packages/new, nor packages/ui/package.json: it has no zod',
    {
      ...shop(WORKSPACES),
      'packages/new/package.json': { name: 'new' },
      'packages/ui/package.json': { name: 'ui', dependencies: { zod: '^4' } },
    },
    locked({ ...UI, 'packages/ui': {} }),
  ],
  [
    'vendor/v/package.json: it has no zod',
    {
      ...shop({ dependencies: { v: 'file:vendor/v' } }),
      'vendor/v/package.json': { dependencies: { zod: '^4' }, devDependencies: { ws: '^8' } },
    },
    locked({ 'node_modules/v': { resolved: 'vendor/v', link: true }, 'vendor/v': {} }),
  ],
  [
    'package.json: it has ms 2.0.0 where 2.1.3 is asked for, no zod',
    shop({ dependencies: { ms: '2.1.3', zod: '^4' } }),
    { lockfileVersion: 1, dependencies: { ms: { version: '2.0.0' } } },
  ],
  [
    'package.json: it has no a, no b, no c and 1 more',
    shop({ dependencies: { a: '1', b: '1', c: '1', d: '1' } }),
    locked({}),
  ],
]

for (const [words, files, lockfile] of REFUSED) {
  test(`a lockfile that does not fit is told by file and package: ${words}`, async () => {
    assert.equal(
      await problemOf(files, lockfile),
      `package-lock.json does not fit ${words}. \`npm install\` brings it up to date; commit it, then deploy again.`,
    )
  })
}

/** What npm takes, and what only npm can tell. */
const TAKEN: readonly (readonly [name: string, files: Files, lockfile: object])[] = [
  ['a wider range', shop({ dependencies: { ms: '>=1' } }), locked(MS)],
  ['a package that was removed', shop({}), locked(MS)],
  ['a package that came to be one of development', shop({ devDependencies: { ms: '2.0.0' } }), locked(MS)],
  ['a tag', shop({ dependencies: { ms: 'latest' } }), locked(MS)],
  ['a peer', shop({ peerDependencies: { zod: '^4' } }), locked({})],
  [
    'a prerelease',
    shop({ dependencies: { react: '^19.0.0-rc.0' } }),
    locked({ 'node_modules/react': { version: '19.0.0-rc.1' } }),
  ],
  [
    'a file: package that is written otherwise',
    shop({ dependencies: { v: 'file:./vendor/v/' } }),
    locked({ 'node_modules/v': { link: true } }, { dependencies: { v: 'file:vendor/v' } }),
  ],
  [
    'a repository by another of its names',
    shop({ dependencies: { v: 'github:acme/v#main' } }),
    locked({ 'node_modules/v': { version: '1.0.0' } }, { dependencies: { v: 'acme/v#main' } }),
  ],
  [
    'a prerelease where anything will do',
    shop({ dependencies: { a: '*', b: '', c: 'npm:d' } }),
    locked({
      'node_modules/a': { version: '1.0.0-rc.1' },
      'node_modules/b': { version: '2.0.0-beta' },
      'node_modules/c': { name: 'd', version: '3.0.0-0' },
    }),
  ],
  [
    'a package that is said to lie at the root of the disk',
    { ...shop({}), '/lib/package.json': { dependencies: { ms: '2.0.0' } } },
    locked({ ...MS, '/lib': {} }),
  ],
  [
    'an override',
    {
      ...shop({ ...WORKSPACES, overrides: { 'ui@1': { ms: '2.0.0' } } }),
      'packages/ui/package.json': { dependencies: { ms: '^2.1.0' } },
    },
    locked({ ...MS, ...UI, 'packages/ui': {} }),
  ],
  [
    'a workspace with a version of its own',
    {
      ...shop({ ...WORKSPACES, dependencies: { ms: '2.0.0', ui: '^1' } }),
      'packages/ui/package.json': { dependencies: { ms: '2.1.3' } },
      'packages/old/package.json': { name: 'old' },
    },
    locked({ ...MS, ...UI, 'packages/ui': {}, 'packages/ui/node_modules/ms': { version: '2.1.3' } }),
  ],
  [
    'a lockfile of the first version',
    shop({ dependencies: { ms: '^2', v: 'file:vendor/v' } }),
    { lockfileVersion: 1, dependencies: { ms: { version: '2.0.0' }, v: { version: 'file:vendor/v' } } },
  ],
  ['a manifest that is odd in a part', shop({ dependencies: ['ms'], workspaces: 7 }), locked({})],
]

for (const [name, files, lockfile] of TAKEN) {
  test(`a lockfile that fits is taken: ${name}`, async () => {
    assert.equal(await problemOf(files, lockfile), null)
  })
}
