import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { copiedPackages, linkedPackages, readLockfile, readManifest } from '../../scripts/local-packages.mjs'
import { ownScripts, run } from '../../scripts/own-scripts.mjs'

const scripts = join(import.meta.dirname, '../../scripts')
const place = mkdtempSync(join(tmpdir(), 'install-inputs-'))
after(() => rmSync(place, { recursive: true }))

let count = 0

/** A project of these files, with a lockfile that npm has made of them. */
function projectOf(files: Readonly<Record<string, string | object>>): string {
  const directory = join(place, `project-${count++}`)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
  npm(directory, 'install', '--package-lock-only', '--ignore-scripts')
  return directory
}

function npm(cwd: string, ...args: string[]): string {
  return execFileSync('npm', [...args, '--offline', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    encoding: 'utf8',
  })
}

/** What an install gets of a project, by path. */
function inputsOf(directory: string): Map<string, string> {
  const target = `${directory}-install`
  execFileSync(process.execPath, [join(scripts, 'install-inputs.mjs'), target], { cwd: directory })
  const paths = globSync('**/*', { cwd: target, withFileTypes: true }).filter((entry) => entry.isFile())
  const dotted = globSync('.*', { cwd: target })
  const all = [
    ...paths.map((entry) => join(entry.parentPath, entry.name).slice(target.length + 1)),
    ...dotted,
  ]
  return new Map([...new Set(all)].sort().map((path) => [path, readFileSync(join(target, path), 'utf8')]))
}

const SHOP = {
  'package.json': {
    name: 'shop',
    version: '1.0.0',
    workspaces: ['packages/*'],
    dependencies: { vendored: 'file:vendor/vendored', packed: 'file:vendor/packed-1.0.0.tgz' },
    overrides: { left: '1.0.0' },
    scripts: { postinstall: 'node patch.mjs', prepare: 'node prepare.mjs', build: 'next build' },
  },
  'packages/ui/package.json': {
    name: 'ui',
    version: '1.0.0',
    bin: { ui: './cli.mjs' },
    scripts: { prepare: 'node make.mjs' },
  },
  'packages/ui/cli.mjs': '#!/usr/bin/env node\nconsole.log("ui")\n',
  'packages/ui/index.mjs': 'export const ui = 1\n',
  'packages/ui/make.mjs': "import { writeFileSync } from 'node:fs'\nwriteFileSync('made.txt', 'made')\n",
  'vendor/vendored/package.json': { name: 'vendored', version: '1.0.0' },
  'vendor/vendored/index.js': 'module.exports = 1\n',
  'patch.mjs':
    "import { readFileSync, writeFileSync } from 'node:fs'\nwriteFileSync('patched.txt', readFileSync('patches/a.patch'))\n",
  'prepare.mjs':
    "import { writeFileSync } from 'node:fs'\nwriteFileSync('prepared.txt', process.env.npm_lifecycle_event)\n",
  'patches/a.patch': 'a patch\n',
  '.npmrc': 'legacy-peer-deps=true\ncafile=certs/ca.pem\n',
  'certs/ca.pem': 'certificate\n',
  'src/page.ts': 'export const page = 1\n',
} as const

/** npm packs an archive itself, as somebody would have who keeps one in the repository. */
function withArchive(): string {
  const packed = join(place, 'packed')
  mkdirSync(packed, { recursive: true })
  writeFileSync(join(packed, 'package.json'), JSON.stringify({ name: 'packed', version: '1.0.0' }))
  const archive = join(
    place,
    npm(packed, 'pack', `--pack-destination=${place}`).trim().split('\n').at(-1) ?? '',
  )
  const directory = join(place, `project-${count}`)
  mkdirSync(join(directory, 'vendor'), { recursive: true })
  execFileSync('cp', [archive, join(directory, 'vendor/packed-1.0.0.tgz')])
  return projectOf(SHOP)
}

const directory = withArchive()

test('an install gets manifests, programs, archives and settings, and nothing of the source', () => {
  const inputs = inputsOf(directory)
  assert.deepEqual(
    [...inputs.keys()],
    [
      '.npmrc',
      'certs/ca.pem',
      'package-lock.json',
      'package.json',
      'packages/ui/cli.mjs',
      'packages/ui/package.json',
      'vendor/packed-1.0.0.tgz',
      'vendor/vendored/package.json',
    ],
  )
  const { scripts: none, overrides } = JSON.parse(inputs.get('package.json') ?? '')
  assert.equal(none, undefined)
  assert.deepEqual(overrides, { left: '1.0.0' })
})

test('npm installs from them, and what the project runs itself comes once its source is there', () => {
  const installed = `${directory}-install`
  npm(installed, 'ci')
  execFileSync('cp', ['-a', `${directory}/.`, installed])
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { runOwnScripts } from ${JSON.stringify(join(scripts, 'own-scripts.mjs'))}
process.exitCode = runOwnScripts('.', [])`,
    ],
    { cwd: installed, encoding: 'utf8' },
  )
  assert.equal(status, 0, stdout)
  const read = (path: string): string => readFileSync(join(installed, path), 'utf8')
  assert.equal(read('patched.txt'), 'a patch\n')
  assert.equal(read('prepared.txt'), 'prepare')
  assert.equal(read('packages/ui/made.txt'), 'made')
  const said = execFileSync(join(installed, 'node_modules/.bin/ui'), { encoding: 'utf8' })
  assert.equal(said, 'ui\n')
})

test('a change of the source or of a script leaves the inputs as they are', () => {
  const before = inputsOf(directory)
  writeFileSync(join(directory, 'src/page.ts'), 'export const page = 2\n')
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  writeFileSync(
    join(directory, 'package.json'),
    JSON.stringify({ ...manifest, scripts: { ...manifest.scripts, lint: 'biome check' } }),
  )
  assert.deepEqual(inputsOf(directory), before)
})

test('with install-links a directory is copied whole, as npm packs it', () => {
  const linked = projectOf({
    'package.json': { name: 'shop', dependencies: { vendored: 'file:vendor/vendored' } },
    '.npmrc': 'install-links=true\n',
    'vendor/vendored/package.json': { name: 'vendored', version: '1.0.0', scripts: { prepare: 'true' } },
    'vendor/vendored/index.js': 'module.exports = 1\n',
  })
  const inputs = inputsOf(linked)
  assert.ok(inputs.has('vendor/vendored/index.js'))
  assert.match(inputs.get('vendor/vendored/package.json') ?? '', /"prepare":"true"/)
})

test('where the lockfile does not say where packages lie, an install gets the whole source', () => {
  const old = projectOf({ 'package.json': { name: 'shop' }, 'src/page.ts': 'export {}\n' })
  writeFileSync(
    join(old, 'package-lock.json'),
    JSON.stringify({ name: 'shop', lockfileVersion: 1, dependencies: {} }),
  )
  assert.deepEqual([...inputsOf(old).keys()], ['package-lock.json', 'package.json', 'src/page.ts'])
})

test('a lockfile of the first version names its file: packages, and a byte order mark is read over', () => {
  const former = {
    lockfileVersion: 1,
    dependencies: {
      packed: { version: 'file:vendor/packed-1.0.0.tgz' },
      vendored: { version: 'file:vendor/vendored' },
      outside: { version: 'file:../outside' },
      ms: { version: '2.1.3' },
    },
  }
  writeFileSync(join(place, 'package-lock.json'), `\ufeff${JSON.stringify(former)}`)
  const lockfile = readLockfile(place)
  assert.deepEqual(linkedPackages(lockfile), ['vendor/vendored'])
  assert.deepEqual(copiedPackages(lockfile), ['vendor/packed-1.0.0.tgz'])
  writeFileSync(join(place, 'package.json'), '\ufeff{"bin":"cli.mjs"}')
  assert.deepEqual(readManifest(place), { bin: 'cli.mjs' })
})

test('a project without a lockfile, or with a broken manifest, is left to npm to tell', () => {
  const bare = projectOf({ 'package.json': { name: 'shop' } })
  rmSync(join(bare, 'package-lock.json'))
  assert.deepEqual([...inputsOf(bare).keys()], ['package.json'])
  writeFileSync(join(bare, 'package.json'), '{ "name": ')
  assert.equal(inputsOf(bare).get('package.json'), '{ "name": ')
})

test('scripts run in the order of npm, each once, and none where they are ignored', () => {
  const all = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare']
  const whole = projectOf({
    'package.json': {
      name: 'shop',
      workspaces: ['a'],
      scripts: Object.fromEntries(all.map((event) => [event, 'true'])),
    },
    'a/package.json': { name: 'a', scripts: { preinstall: 'true', prepare: 'true', postinstall: 'true' } },
  })
  assert.deepEqual(
    ownScripts(whole).map(({ directory: path, script }) => `${path} ${script}`),
    ['a preinstall', 'a prepare', 'a postinstall', '. install', '. prepublish', '. prepare'],
  )
  writeFileSync(join(whole, '.npmrc'), 'ignore-scripts = true\n')
  assert.deepEqual(ownScripts(whole), [])
})

for (const [signal, code] of [
  ['KILL', 137],
  ['TERM', 143],
  ['SEGV', 139],
  ['ABRT', 134],
] as const) {
  test(`a program that SIG${signal} ends answers with ${code}`, () => {
    assert.equal(run(['sh', '-c', `kill -${signal} $$`], place), code)
  })
}

test('a program that is not there answers with 1', () => {
  assert.equal(run([join(place, 'no-such-program')], place), 1)
})
