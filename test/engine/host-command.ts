import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { type Ended, git, hostPrefix } from '../system/system.ts'
import type { EngineSystem } from './engine-system.ts'
import { until } from './until.ts'

/** User and system time of a command with all that it starts. */
const MOST_CPU_SECONDS = 0.3
/** The same as so many starts of an empty Node, for a machine that is slower or busy. */
const MOST_EMPTY_STARTS = 8
/** Whoever asks a registry is refused at once. */
const NO_REGISTRY = { npm_config_registry: 'http://127.0.0.1:9', npm_config_fetch_retries: '0' }
const SERVED = /^Switchyard-set-up|primary/m

/** What a command on the host can do whatever has become of the checkout and its packages. */
export function hostCommandTests(systemOf: () => EngineSystem): void {
  const command = () => join(hostPrefix(systemOf().dir), 'bin', 'switchyard')
  const from = (cwd: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> =>
    systemOf().run('sh', ['-c', 'cd -- "$1" && shift && exec "$@"', 'sh', cwd, command(), ...args], env)

  test("the host's command finds its project from below it, by its name, and where it is the only one", async () => {
    const { dir } = systemOf()
    for (const [cwd, ...args] of [
      [dir, 'status'],
      [join(dir, 'src', 'app'), 'status'],
      ['/', '--project', dir, 'status'],
      [dirname(dir), '-C', systemOf().name, 'status'],
      ['/', `--project=${dir}`, 'status'],
      ['/', 'status'],
    ] as const) {
      const { code, output } = await from(cwd, args)
      assert.equal(code, 0, `${cwd} ${args.join(' ')}: ${output}`)
      assert.match(output, SERVED)
    }
    const gone = `mkdir "$1/gone" && cd "$1/gone" && rmdir "$1/gone" && exec "$2" status`
    const detached = await systemOf().run('sh', ['-c', gone, 'sh', dirname(dir), command()])
    assert.equal(detached.code, 0, detached.output)
  })

  test('a project that is none, or one of several, is refused in a sentence', async () => {
    const { dir } = systemOf()
    const other = join(hostPrefix(dir), 'lib', 'switchyard', 'projects', 'other')
    const elsewhere = join(hostPrefix(dir), 'elsewhere')
    mkdirSync(join(elsewhere, 'state', 'cli', 'current'), { recursive: true })
    writeFileSync(join(elsewhere, 'state', 'cli', 'current', 'main.mjs'), '')
    writeFileSync(other, `${elsewhere}\n`)
    try {
      const several = await from('/', ['status'])
      assert.equal(several.code, 64)
      assert.match(
        several.output,
        /^No project of Switchyard is here, and several were set up on this host:\n {2}\/\S+\n {2}\/\S+\nGo to the directory of one, or name it: switchyard --project DIRECTORY …\n$/,
      )
    } finally {
      rmSync(other)
    }
    const none = await from('/', ['--project', '/usr', 'status'])
    assert.deepEqual([none.code, none.output], [64, '/usr is no directory of a project of Switchyard.\n'])
  })

  test('a command takes at most 0.3 s of processor', async () => {
    const costs: string[] = []
    for (const [code, ...args] of [
      [0, 'status'],
      [0, 'history'],
      [0, 'logs'],
      [1, 'abort'],
      [0, 'freeze', '--reason', 'try'],
      [0, 'unfreeze'],
      [0, 'rollback'],
      [0, 'doctor'],
    ] as const) {
      const argv = [command(), '-C', systemOf().dir, ...args]
      const { seconds, empty, most } = await leastProcessorSeconds(systemOf(), argv, code)
      costs.push(`${args[0]} ${seconds.toFixed(2)} s (${empty.toFixed(2)} s)`)
      assert.ok(seconds <= most, `${args[0]} took ${seconds} s of processor, an empty Node ${empty} s`)
    }
    console.log(`processor time of commands (and of an empty Node beside them): ${costs.join(', ')}`)
    if ((await systemOf().served()).slot !== 'primary') assert.equal((await from('/', ['rollback'])).code, 0)
    assert.equal((await from('/', ['unfreeze'])).code, 0)
  })

  for (const [what, damage] of DAMAGES) {
    test(`${what}: status and rollback work by either way, and nothing is installed`, async () => {
      const { dir, run } = systemOf()
      const aside = `${hostPrefix(dir)}/node_modules`
      renameSync(join(dir, 'node_modules'), aside)
      damage(dir)
      const before = packagesIn(dir)
      try {
        for (const ended of [
          await from(dir, ['status'], NO_REGISTRY),
          await from(dir, ['rollback', '--note', 'try'], NO_REGISTRY),
          ...(existsSync(join(dir, 'scripts', 'switchyard.mjs'))
            ? [
                await run('node', ['scripts/switchyard.mjs', 'status'], NO_REGISTRY),
                await run('node', ['scripts/switchyard.mjs', 'rollback'], NO_REGISTRY),
              ]
            : [await from(dir, ['rollback'], NO_REGISTRY)]),
          await from(dir, ['unfreeze'], NO_REGISTRY),
        ]) {
          assert.equal(ended.code, 0, ended.output)
          assert.doesNotMatch(ended.output, /npm|Installing/)
        }
        assert.deepEqual(packagesIn(dir), before)
        assert.deepEqual(
          await systemOf()
            .served()
            .then(({ slot }) => slot),
          'primary',
        )
      } finally {
        rmSync(join(dir, 'node_modules'), { recursive: true, force: true })
        git(dir, 'checkout', '-q', '-f', 'main')
        git(dir, 'clean', '-qfd')
        renameSync(aside, join(dir, 'node_modules'))
      }
    })
  }

  test('what is asked, refused and piped stands where a script looks for it', async () => {
    const { dir } = systemOf()
    const wrong = await from(dir, ['stauts'])
    assert.deepEqual([wrong.code, wrong.stdout], [64, ''])
    assert.match(wrong.output, /Did you mean status\?/)
    const aborted = await from(dir, ['abort', '--json'])
    assert.equal(aborted.code, 1)
    assert.equal(JSON.parse(aborted.stdout).error.code, 'nothing-running')
    const piped = await systemOf().run('bash', ['-c', '"$0" -C "$1" history | head -n 1', command(), dir])
    assert.equal(piped.output.split('\n').length, 2, piped.output)
    await from(dir, ['freeze', '--reason', 'try'])
    const terminal = `echo n | script -qefc "'$0' -C '$1' deploy" /dev/null`
    const asked = await systemOf().run('bash', ['-c', terminal, command(), dir], { CI: '' })
    assert.equal(asked.code, 77, asked.output)
    assert.match(asked.output, /Deploy all the same\? \[y\/N\]/)
    await from(dir, ['unfreeze'])
  })

  test('without a Node of the host it runs in the director, or in a container of its image', async () => {
    const { dir } = systemOf()
    const bin = join(hostPrefix(dir), 'tools')
    mkdirSync(bin)
    for (const tool of ['sh', 'sed', 'head', 'tail', 'tr', 'id', 'docker']) {
      const found = (await systemOf().run('sh', ['-c', `command -v ${tool}`])).stdout.trim()
      symlinkSync(found, join(bin, tool))
    }
    const withoutNode = (...args: string[]) =>
      systemOf().run(join(dir, 'state/cli/current/switchyard'), ['-C', dir, ...args], {
        PATH: bin,
        SWITCHYARD_LIBRARY: '/nowhere',
      })
    const status = await withoutNode('status')
    assert.equal(status.code, 0, status.output)
    assert.match(status.output, SERVED)
    const doctor = await withoutNode('doctor')
    assert.equal(doctor.code, 0, doctor.output)
    assert.match(doctor.output, /^Everything agrees: /)
    await (await systemOf().container('director')).stop({ t: 5 })
    const down = await withoutNode('status')
    assert.equal(down.code, 69, down.output)
    assert.match(down.output, /The release director does not answer on its socket\./)
    await (await systemOf().container('director')).start()
    await until('the director answers', 30_000, async () =>
      systemOf()
        .status()
        .catch(() => null),
    )
  })
}

const DAMAGES: readonly (readonly [string, (dir: string) => void])[] = [
  ['no node_modules', () => undefined],
  [
    'a lockfile of another commit',
    (dir) => writeFileSync(join(dir, 'package-lock.json'), '{"lockfileVersion":3,"packages":{}}\n'),
  ],
  [
    'no lockfile and a broken package.json',
    (dir) => {
      rmSync(join(dir, 'package-lock.json'))
      writeFileSync(join(dir, 'package.json'), '{ "name": ')
    },
  ],
  [
    "pnpm's lockfile and layout",
    (dir) => {
      renameSync(join(dir, 'package-lock.json'), join(dir, 'pnpm-lock.yaml'))
      mkdirSync(join(dir, 'node_modules', '.pnpm', 'next@16.0.0', 'node_modules'), { recursive: true })
      symlinkSync('.pnpm/next@16.0.0/node_modules/next', join(dir, 'node_modules', 'next'))
    },
  ],
  [
    'another checkout, of which nothing is ours',
    (dir) => {
      git(dir, 'checkout', '-q', '--orphan', 'other')
      git(dir, 'rm', '-rfq', '.')
      git(dir, 'checkout', '-q', '-f', '--detach', 'main')
      for (const name of [
        'src',
        'scripts',
        'package.json',
        'package-lock.json',
        'docker-compose.release.yml',
      ]) {
        rmSync(join(dir, name), { recursive: true })
      }
    },
  ],
]

function packagesIn(dir: string): string[] | null {
  const modules = join(dir, 'node_modules')
  return existsSync(modules) ? readdirSync(modules).sort() : null
}

type Processor = { seconds: number; empty: number; most: number }

/**
 * The best of several runs, the first warming up: a machine that is short of processor counts more than was done. Each is held
 * against the lesser of the empty Nodes just before and after it.
 */
async function leastProcessorSeconds(
  system: EngineSystem,
  argv: readonly string[],
  code: number,
): Promise<Processor> {
  const runs: Processor[] = []
  const best = () => runs.reduce((least, run) => (room(run) > room(least) ? run : least))
  let before = await emptySeconds(system)
  while (runs.length < 4 || (runs.length < 10 && room(best()) < 0)) {
    const seconds = await processorSeconds(system, argv, code)
    const after = await emptySeconds(system)
    const empty = Math.min(before, after)
    runs.push({ seconds, empty, most: Math.max(MOST_CPU_SECONDS, MOST_EMPTY_STARTS * empty) })
    before = after
  }
  return best()
}

const room = ({ seconds, most }: Processor): number => most - seconds

const emptySeconds = (system: EngineSystem): Promise<number> =>
  processorSeconds(system, [process.execPath, '-e', '0'], 0)

async function processorSeconds(
  { run }: EngineSystem,
  argv: readonly string[],
  code: number,
): Promise<number> {
  const timed = 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>&1'
  const ended = await run('bash', ['-c', timed, 'bash', ...argv])
  assert.equal(ended.code, code, `${argv.join(' ')}: ${ended.output}`)
  const [user = Number.NaN, own = Number.NaN] = ended.output.trim().split(' ').map(Number)
  return user + own
}
