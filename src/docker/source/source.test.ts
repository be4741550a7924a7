import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gitIn, LOCKED, repositories, writeFiles } from '../../../test/fixtures/repositories.ts'
import type { Project } from '../project.ts'
import { checkOut } from './check-out.ts'
import { sourceFindings } from './source-findings.ts'
import { listTree } from './tree.ts'

const { place, repository } = repositories()
const soon = (): AbortSignal => AbortSignal.timeout(20_000)

const treeOf = async (project: Project): Promise<string[]> =>
  (await listTree(project, soon())).files.map(({ path }) => path)

let checkedOut = 0
async function refOf(
  project: Project,
  ref = 'HEAD',
): Promise<{ paths: string[]; read(path: string): string }> {
  const directory = join(place, `checked-out-${checkedOut++}`)
  const paths = await checkOut(project, ref, directory, soon())
  return { paths: paths.sort(), read: (path) => readFileSync(join(directory, path), 'utf8') }
}

const sentences = async (project: Project, ref?: string): Promise<string[]> =>
  (await sourceFindings(project, ref === undefined ? { kind: 'tree' } : { kind: 'ref', ref }, soon())).map(
    ({ outcome, sentence }) => `${outcome}: ${sentence}`,
  )

test('submodules and what is in them are part of the tree and of a ref, also of one that the tree has left', async () => {
  const deep = repository('deep', { 'deep.txt': 'deep\n' })
  const inner = repository('inner', { 'inner.txt': 'inner\n', '.gitignore': 'ignored.txt\n' })
  gitIn(inner.directory, 'submodule', 'add', '--quiet', deep.directory, 'deep')
  gitIn(inner.directory, 'commit', '--quiet', '--message=Deep')
  const outer = repository('outer', LOCKED)
  gitIn(outer.directory, 'submodule', 'add', '--quiet', inner.directory, 'lib/inner')
  gitIn(outer.directory, 'submodule', 'update', '--quiet', '--init', '--recursive')
  gitIn(outer.directory, 'commit', '--quiet', '--message=Inner')
  writeFiles(outer.directory, {
    'lib/inner/new.txt': 'new\n',
    'lib/inner/ignored.txt': 'no\n',
    'lib/inner/inner.txt': 'changed\n',
  })
  const committed = [
    '.gitmodules',
    'lib/inner/.gitignore',
    'lib/inner/.gitmodules',
    'lib/inner/deep/deep.txt',
    'lib/inner/inner.txt',
    ...Object.keys(LOCKED),
  ].sort()
  assert.deepEqual(await treeOf(outer), [...committed, 'lib/inner/new.txt'].sort())
  const { paths, read } = await refOf(outer)
  assert.deepEqual(paths, committed)
  assert.equal(read('lib/inner/inner.txt'), 'inner\n')
  assert.deepEqual(await sentences(outer), [])
  const { changedHash } = await import('./tree.ts').then(({ readTree }) => readTree(outer, soon()))
  assert.match(changedHash ?? '', /^[0-9a-f]{8}$/)

  const clone = join(place, 'clone')
  gitIn(place, 'clone', '--quiet', outer.directory, clone)
  const bare = { ...outer, directory: clone }
  assert.deepEqual(await treeOf(bare), ['.gitmodules', 'package-lock.json', 'package.json'])
  assert.deepEqual(await sentences(bare), [
    'warning: lib/inner is not checked out, so it will not be part of the build: `git submodule update --init --recursive` gets it.',
  ])
  assert.deepEqual(await sentences(bare, 'HEAD'), [
    'warning: The commit of lib/inner that HEAD names is not on this machine, so it will not be part of the build: check HEAD out, `git submodule update --init --recursive`, then deploy again.',
  ])
})

test('a repository inside that git does not track is part of the tree, and an ignored one is not', async () => {
  const project = repository('nesting', { ...LOCKED, '.gitignore': 'other/\n' })
  for (const name of ['own', 'other']) {
    mkdirSync(join(project.directory, name))
    gitIn(join(project.directory, name), 'init', '--quiet')
    writeFiles(project.directory, { [`${name}/page.ts`]: '' })
  }
  assert.deepEqual(await treeOf(project), ['.gitignore', 'own/page.ts', 'package-lock.json', 'package.json'])
})

test('.dockerignore counts for the tree and for a ref, with the one that has the name of the Dockerfile first', async () => {
  const project = repository('ignoring', {
    ...LOCKED,
    'Dockerfile.runtime': 'FROM scratch\n',
    '.dockerignore': 'docs\n!docs/kept.md\nDockerfile*\n',
    'docs/guide.md': '',
    'docs/kept.md': '',
  })
  const expected = [
    '.dockerignore',
    'Dockerfile.runtime',
    'docs/kept.md',
    'package-lock.json',
    'package.json',
  ]
  assert.deepEqual(await treeOf(project), expected)
  assert.deepEqual((await refOf(project)).paths, expected)
  writeFiles(project.directory, { 'Dockerfile.runtime.dockerignore': 'package-lock.json\n' })
  assert.deepEqual(await sentences(project), [
    'refused: .dockerignore leaves out package-lock.json, without which nothing can be built: correct it.',
  ])
  writeFiles(project.directory, { 'Dockerfile.runtime.dockerignore': '[a\n' })
  await assert.rejects(treeOf(project), (error: Error & { facts?: unknown }) => {
    assert.deepEqual(error.facts, {
      reason: 'Dockerfile.runtime.dockerignore: the pattern "[a" can not be read',
    })
    return true
  })
})

test('a ref is as it was committed, whatever a package of it would leave out or fill in', async () => {
  const project = repository('exporting', {
    ...LOCKED,
    '.gitattributes': 'tests export-ignore\nversion.txt export-subst\n',
    'tests/page.test.ts': '',
    'version.txt': '$Format:%H$\n',
    'a\nb.txt': 'a name of two lines\n',
    'ümlaut.txt': 'ümlaut\n',
  })
  const { paths, read } = await refOf(project)
  assert.ok(
    paths.includes('tests/page.test.ts') && paths.includes('a\nb.txt') && paths.includes('ümlaut.txt'),
  )
  assert.equal(read('version.txt'), '$Format:%H$\n')
  assert.deepEqual(await treeOf(project), paths)
})

test('files outside of a sparse checkout are counted, and a ref is whole', async () => {
  const project = repository('sparse', { ...LOCKED, 'src/page.ts': '', 'docs/a.md': '', 'docs/b.md': '' })
  gitIn(project.directory, 'sparse-checkout', 'set', 'src')
  assert.deepEqual(await treeOf(project), ['package-lock.json', 'package.json', 'src/page.ts'])
  assert.deepEqual(await sentences(project), [
    'warning: 2 files lie outside of the sparse checkout and will not be part of the build; `git sparse-checkout disable` brings all back.',
  ])
  assert.ok((await refOf(project)).paths.includes('docs/a.md'))
})

test('a pointer of git-lfs without its content is named, and a ref gets the content that is there', async () => {
  const content = 'a large picture\n'
  const hash = createHash('sha256').update(content).digest('hex')
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${hash}\nsize ${content.length}\n`
  const project = repository('lfs', {
    ...LOCKED,
    '.gitattributes': '*.png filter=lfs diff=lfs merge=lfs -text\n',
    'a.png': pointer,
    'b.png': 'no pointer\n',
  })
  assert.deepEqual(await sentences(project), [
    'warning: Of a.png git-lfs has a pointer here and no content, and a build would get it so: `git lfs pull` gets the content.',
  ])
  assert.equal((await refOf(project)).read('a.png'), pointer)
  const ofRef = async () =>
    (await sourceFindings(project, { kind: 'ref', ref: 'main' }, soon())).map(({ sentence }) => sentence)
  assert.deepEqual(await ofRef(), [
    'Of a.png in main git-lfs has no content here, and a build would get a pointer in place of it: `git lfs fetch origin main` gets the content.',
  ])
  writeFiles(project.directory, {
    [`.git/lfs/objects/${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}`]: content,
  })
  assert.deepEqual(await ofRef(), [])
  assert.equal((await refOf(project)).read('a.png'), content)
})

test('large files that git does not know, links that lead out and names that are not UTF-8 are named', async () => {
  const project = repository('untracked', { ...LOCKED, 'big-and-tracked.bin': '' })
  truncateSync(join(project.directory, 'big-and-tracked.bin'), 20 * 1024 ** 2)
  gitIn(project.directory, 'add', '.')
  writeFiles(project.directory, { 'dump.sql': '', 'small.txt': 'x' })
  truncateSync(join(project.directory, 'dump.sql'), 12 * 1024 ** 2)
  symlinkSync('../elsewhere', join(project.directory, 'out'))
  symlinkSync('small.txt', join(project.directory, 'in'))
  writeFileSync(Buffer.concat([Buffer.from(`${project.directory}/`), Buffer.from([0x66, 0xff])]), 'x')
  assert.deepEqual(await sentences(project), [
    'warning: The name of "f\ufffd" is not UTF-8, so it will not be part of the build: rename it.',
    'warning: out leads out of the project, so what it leads to will not be part of the build.',
    'warning: Files that git does not know, 12 MiB in all, will be part of the build, among them "dump.sql" (12 MiB): name in .gitignore or .dockerignore what the build does not need.',
  ])
})

test('a file that settings name and that is left out is named, with who names it', async () => {
  const project = repository('naming', {
    'package.json':
      '{"scripts":{"prebuild":"node scripts/keys.mjs --out src/made.json","lint":"biome check none.ts"}}',
    'package-lock.json': LOCKED['package-lock.json'],
    'tsconfig.json': '{ "extends": "./base.json", "include": ["next-env.d.ts", "**/*.ts"] }',
    '.gitignore': 'scripts/\nnext-env.d.ts\n',
    '.dockerignore': 'base.json\n',
    'base.json': '{}',
    'next-env.d.ts': '',
    'scripts/keys.mjs': '',
  })
  assert.deepEqual(await sentences(project), [
    'warning: package.json names scripts/keys.mjs, which git or .dockerignore leaves out, so it will not be part of the build.',
    'warning: tsconfig.json names base.json, which git or .dockerignore leaves out, so it will not be part of the build.',
  ])
})

test('a token that nothing gives a value is named before the build', async () => {
  const project = repository('token', {
    ...LOCKED,
    '.npmrc': `//npm.example/:_authToken=$\u007bNPM_TOKEN}\n`,
  })
  assert.deepEqual(await sentences(project), [
    'warning: .npmrc takes NPM_TOKEN from the environment, and app.build.env does not set it.',
  ])
  writeFiles(project.directory, { 'app.build.env': 'NPM_TOKEN=npm_0123456789\n' })
  assert.ok(!(await sentences(project)).some((sentence) => sentence.includes('NPM_TOKEN')))
})

test('a ref is told of by its own .npmrc, and by the one that lies beside it where it has none', async () => {
  const project = repository('token-of-a-ref', LOCKED)
  const naming = (name: string) => ({ '.npmrc': `//npm.example/:_authToken=$\u007b${name}}\n` })
  const told = (name: string) =>
    `warning: .npmrc takes ${name} from the environment, and app.build.env does not set it.`
  gitIn(project.directory, 'tag', 'without')
  writeFiles(project.directory, naming('COMMITTED_TOKEN'))
  gitIn(project.directory, 'add', '.npmrc')
  gitIn(project.directory, 'commit', '--quiet', '--message=Token')
  writeFiles(project.directory, naming('LATER_TOKEN'))
  assert.deepEqual(await sentences(project, 'main'), [told('COMMITTED_TOKEN')])
  assert.deepEqual(await sentences(project, 'without'), [told('LATER_TOKEN')])
  assert.deepEqual(await sentences(project), [told('LATER_TOKEN')])
})

test('packages that a lockfile takes from places outside of the source are named', async () => {
  const linked = (resolved: string) => ({ resolved, link: true })
  const project = repository('places', {
    'package.json': '{"name":"shop"}',
    'package-lock.json': JSON.stringify({
      packages: {
        'node_modules/shared': linked('../shared'),
        'node_modules/ui': linked('packages/ui'),
        'node_modules/left': linked('packages/left'),
        'node_modules/packed': { version: '1.0.0', resolved: 'file:vendor/packed.tgz' },
        'node_modules/ms': { version: '2.1.3', resolved: 'https://registry.npmjs.org/ms.tgz' },
      },
    }),
    'packages/ui/package.json': '{}',
    'vendor/packed.tgz': '',
    '.gitignore': 'packages/left\n',
    'packages/left/package.json': '{}',
  })
  for (const ref of [undefined, 'HEAD']) {
    assert.deepEqual(await sentences(project, ref), [
      'warning: The lockfile takes packages from ../shared and packages/left, which are not part of the source, so the build will not find them: bring them into the project, or publish them.',
    ])
  }
})

const MAKES = '`npm install --package-lock-only` makes one; commit it, then deploy again.'
for (const [files, sentence] of [
  [
    { 'pnpm-lock.yaml': '' },
    `The source has pnpm-lock.yaml of pnpm and no package-lock.json, and a build installs with npm alone: ${MAKES}`,
  ],
  [
    { 'yarn.lock': '' },
    `The source has yarn.lock of Yarn and no package-lock.json, and a build installs with npm alone: ${MAKES}`,
  ],
  [
    { 'bun.lockb': '' },
    `The source has bun.lockb of Bun and no package-lock.json, and a build installs with npm alone: ${MAKES}`,
  ],
  [{}, `The source has no package-lock.json, without which \`npm ci\` installs nothing: ${MAKES}`],
  [
    {
      'package-lock.json': '{"packages":{"":{}}}',
      'package.json': '{"dependencies":{"zod":"^4"},"devDependencies":{"ws":"^8"}}',
    },
    'package-lock.json does not fit package.json: it has no zod, no ws. `npm install` brings it up to date; commit it, then deploy again.',
  ],
  [
    { 'package-lock.json': '<<<<<<< HEAD' },
    `package-lock.json can not be read: it is not JSON as npm expects it. ${MAKES}`,
  ],
] as const) {
  test(`what npm would refuse is told before the build: ${sentence.slice(0, 50)}`, async () => {
    const project = repository(`locks-${createHash('md5').update(sentence).digest('hex')}`, {
      'package.json': '{}',
      ...files,
    })
    for (const ref of [undefined, 'HEAD'])
      assert.deepEqual(await sentences(project, ref), [`refused: ${sentence}`])
  })
}
