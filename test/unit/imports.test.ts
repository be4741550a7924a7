import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { init, parse } from 'es-module-lexer'

const root = join(import.meta.dirname, '..', '..')

/** What each room may import from: other rooms by name, packages as they are written. `*` stands for any package. */
const ALLOWED: Record<string, readonly string[]> = {
  release: ['release', 'zod', 'node:'],
  docker: ['docker', 'release', 'state', '*'],
  nginx: ['nginx', 'release', 'state', '*'],
  health: ['health', 'release', '*'],
  state: ['state', 'release', 'director/protocol.ts', '*'],
  director: ['director', 'release', 'docker', 'nginx', 'health', 'state', 'config', 'topology', '*'],
  topology: ['topology', '*'],
  words: ['words', '*'],
  cli: [
    'cli',
    'director/host-client.ts',
    'director/protocol.ts',
    'director/refusal.ts',
    'director/operators-protocol.ts',
    'doctor/doctor.ts',
    'doctor/mend.ts',
    'doctor/words.ts',
    'release',
    'config',
    'words',
    '*',
  ],
  // What set-up does for compose, files and the lock is what a mend needs too.
  doctor: [
    'doctor',
    'docker',
    'nginx',
    'state',
    'release',
    'health',
    'config',
    'director/host-client.ts',
    'director/protocol.ts',
    'director/adopt.ts',
    'setup/compose.ts',
    'setup/containers.ts',
    'setup/docker-ready.ts',
    'setup/failure.ts',
    'setup/host-command',
    'setup/image-names.ts',
    'setup/networks',
    'topology',
    'setup/paths.ts',
    'setup/state-directory.ts',
    'setup/under-lock.ts',
    '*',
  ],
  ops: [
    'ops',
    'director/client.ts',
    'director/protocol.ts',
    'director/refusal.ts',
    'director/operators-protocol.ts',
    'release',
    'config',
    'words',
    '*',
  ],
  config: ['config', 'release', 'topology', '*'],
  workload: [
    'workload',
    'release/status-payload.ts',
    'release/in-flight-words.ts',
    'release/slot.ts',
    'config',
    '*',
  ],
  setup: [
    'setup',
    'cli',
    'director/host-client.ts',
    'director/protocol.ts',
    'director/refusal.ts',
    'release',
    'docker',
    'nginx/admin.ts',
    'nginx/limits.ts',
    'nginx/moved.ts',
    'topology',
    'state',
    'config',
    '../scripts/local-packages.mjs',
    '*',
  ],
}

/** Only these files of the director see the adapters: what they join is nowhere else to be known. */
const WIRING = ['src/director/wiring.ts', 'src/director/director.ts']
const ADAPTERS = ['docker', 'nginx', 'health']

await init

type Import = { file: string; specifier: string }

/** Type imports are gone after stripping, so that a shared shape may be named anywhere. */
function importsOf(file: string): Import[] {
  const source = stripTypeScriptTypes(readFileSync(join(root, file), 'utf8'))
  const [imports] = parse(source, file)
  return imports.flatMap((found) =>
    'specifier' in found && typeof found.specifier === 'string' ? [{ file, specifier: found.specifier }] : [],
  )
}

function roomOf(path: string): string {
  return path.split('/')[1] ?? ''
}

function isAllowed({ file, specifier }: Import, allowed: readonly string[]): boolean {
  if (!specifier.startsWith('.')) {
    return (
      allowed.includes('*') ||
      allowed.some((name) => specifier === name || (name.endsWith(':') && specifier.startsWith(name)))
    )
  }
  const target = relative('src', join(dirname(file), specifier))
  return allowed.some((name) => target === name || target.startsWith(`${name}/`))
}

const files = globSync('src/**/*.ts', { cwd: root }).filter(
  (file) => !file.endsWith('.test.ts') && !file.endsWith('.d.ts'),
)

for (const [room, allowed] of Object.entries(ALLOWED)) {
  const own = files.filter((file) => roomOf(file) === room)
  test(`${room} imports only what it may`, () => {
    assert.ok(own.length > 0, `there is no file in src/${room}`)
    const wrong = own.flatMap(importsOf).filter((found) => !isAllowed(found, allowed))
    assert.deepEqual(wrong, [])
  })
}

test("only the director's wiring sees Docker, nginx and the probes", () => {
  const wrong = files
    .filter((file) => roomOf(file) === 'director' && !WIRING.includes(file))
    .flatMap(importsOf)
    .filter(({ file, specifier }) => {
      const target = relative('src', join(dirname(file), specifier))
      return specifier.startsWith('.') && ADAPTERS.some((adapter) => target.startsWith(`${adapter}/`))
    })
  assert.deepEqual(wrong, [])
})

test('process.env is read in src/config and by the entry points alone', () => {
  const entryPoints = [
    'src/instrumentation.ts',
    'src/director/main.ts',
    'src/cli/main.ts',
    'src/setup/main.ts',
    'src/setup/first-start/main.ts',
  ]
  const readers = files
    .filter((file) => roomOf(file) !== 'config' && !entryPoints.includes(file))
    .filter((file) => readFileSync(join(root, file), 'utf8').includes('process.env'))
  assert.deepEqual(readers, [])
})

test('only set-up for its tools and a build for itself make containers: slots come from compose alone', () => {
  const makers = files.filter((file) =>
    /createContainer|docker\.run\(|\/containers\/create|'docker',\s*'(?:run|create|container)'/.test(
      readFileSync(join(root, file), 'utf8'),
    ),
  )
  assert.deepEqual(makers.sort(), ['src/docker/building/build-container.ts', 'src/setup/toolbox.ts'])
})
