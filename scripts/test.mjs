// The whole test run: `npm test`, or one part of it by name. Plain JavaScript for the host's own Node, which may be
// older than the one that the lockfile pins; everything it starts runs on the pinned one.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ensureChromium, ensureFaketime, ensureNetworkTools } from './host-tools.mjs'
import { ensurePackages, root } from './packages.mjs'

const bin = join(root, 'node_modules', '.bin')
const results = join(root, '.test', 'results')
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` }
const startedMs = Date.now()
const totals = { passed: 0, failed: 0 }
/** Seconds by part, in the order in which they ran. */
const times = []
/** What failed, by name, so that the last lines of a long log tell it. */
const failures = []
/** The files that took longest, a line each. */
const slowest = []

/** Runs a program with its output shown; answers with whether it ended well. */
function run(program, args, extraEnv = {}) {
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...env, ...extraEnv },
  })
  if (error) console.error(`${program} could not be started: ${error.message}`)
  return status === 0
}

function heading(text) {
  const minutes = ((Date.now() - startedMs) / 60_000).toFixed(1)
  console.log(`\n── ${text} (${minutes} min) ──`)
}

const minutesAndSeconds = (seconds) => `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`

function count(isGood, what) {
  totals[isGood ? 'passed' : 'failed'] += 1
  if (!isGood) failures.push(what)
}

/** The same code that `npm run up` uses; a test without Docker fails and says so. */
function startDocker() {
  heading('Docker')
  return run('node', ['src/setup/main.ts', 'prepare', '--yes'])
}

function checks() {
  heading('Types')
  count(run('next', ['typegen']) && run('tsc', ['--noEmit']), 'Types')
  heading('Lint')
  count(run('biome', ['check', '.']), 'Lint')
}

const reportsOf = (name) => ({
  report: join(results, `${name.toLowerCase()}.tap`),
  timesReport: join(results, `${name.toLowerCase()}.times`),
})

function testArguments(name, patterns, options) {
  const { report, timesReport } = reportsOf(name)
  return [
    '--test',
    ...options,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=tap',
    `--test-reporter-destination=${report}`,
    '--test-reporter=./test/system/file-times.mjs',
    `--test-reporter-destination=${timesReport}`,
    ...patterns,
  ]
}

function nodeTests(name, patterns, options = []) {
  heading(name)
  countTests(name, run('node', testArguments(name, patterns, options)))
}

/** Counts what the tests of `name` have left in their reports. */
function countTests(name, isGood) {
  const { report, timesReport } = reportsOf(name)
  const text = existsSync(report) ? readFileSync(report, 'utf8') : ''
  const number = (what) => Number(new RegExp(`^# ${what} (\\d+)`, 'm').exec(text)?.[1] ?? 0)
  totals.passed += number('pass')
  totals.failed += number('fail') + number('cancelled') + number('skipped') + number('todo')
  for (const [, line] of text.matchAll(/^ *(not ok \d+ - .*|ok \d+ - .*# (?:SKIP|TODO).*)$/gm)) {
    failures.push(`${name}: ${line}`)
  }
  if (!isGood && number('fail') + number('cancelled') === 0) count(false, name)
  if (existsSync(timesReport)) slowest.push(...readFileSync(timesReport, 'utf8').split('\n').filter(Boolean))
}

const ENGINE = 'test/engine'
const ONE_AT_A_TIME = ['--test-concurrency=1']
const TWO_AT_A_TIME = ['--test-concurrency=2']
/** They count each connection over a reload, which starts nginx's workers anew: a busy machine fails them. */
const ALONE = ['nginx-reload.test.ts', 'upgrade.test.ts']

/** Systems of their own, with names, ports and networks that no other file has: any two of them may run at once. */
const SYSTEMS = [
  'compose-alone',
  'damaged-state',
  'docker-stopped',
  'doctor',
  'fail-over',
  'full-disk',
  'recovery',
  'releases',
  'set-up',
].map((name) => `${name}.test.ts`)

/**
 * Three files at a time, since most of the time is waiting: two systems, and one of all the others, of which many share
 * nginx's rig or one project.
 */
async function engineTests() {
  const files = readdirSync(join(root, ENGINE)).filter((name) => name.endsWith('.test.ts'))
  const others = files.filter((name) => !ALONE.includes(name) && !SYSTEMS.includes(name))
  const log = join(results, 'engine-others.log')
  const isOthersGood = runBeside(
    'node',
    testArguments('Engine-others', others.map(inEngine), ONE_AT_A_TIME),
    log,
  )
  heading('Engine: systems')
  const isSystemsGood = runBeside(
    'node',
    testArguments('Engine-systems', SYSTEMS.map(inEngine), TWO_AT_A_TIME),
  )
  countTests('Engine-systems', await isSystemsGood)
  const isGood = await isOthersGood
  heading('Engine: nginx and Docker, which ran beside')
  process.stdout.write(readFileSync(log))
  countTests('Engine-others', isGood)
  nodeTests('Engine-alone', ALONE.map(inEngine), ONE_AT_A_TIME)
}

const inEngine = (name) => `test/engine/${name}`

/** As `run`, while other things go on; with a log, its output goes there. */
function runBeside(program, args, log) {
  const output = log === undefined ? 'inherit' : openSync(log, 'w')
  const child = spawn(program, args, { cwd: root, stdio: ['inherit', output, output], env })
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`${program} could not be started: ${error.message}`)
      resolve(false)
    })
    child.once('close', (code) => resolve(code === 0))
  })
}

function nginxMatrix() {
  heading('nginx, version by version')
  count(run('node', ['test/system/nginx-matrix.ts']), 'nginx, version by version')
}

/** A seeded part of the fault matrix; `npm run test:faults` is the whole of it. */
function faultSample() {
  heading('Faults')
  const report = join(root, '.test', 'faults.json')
  rmSync(report, { force: true })
  const isGood = run('node', ['test/faults/main.ts', '--sample'])
  const { results: cells } = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : { results: [] }
  const violated = cells.filter(({ violations }) => violations.length > 0)
  totals.passed += cells.length - violated.length
  totals.failed += violated.length
  failures.push(...violated.map(({ id, violations }) => `Faults: ${id}: ${violations.join(' ')}`))
  if (!isGood && violated.length === 0) count(false, 'Faults')
}

function browserTests() {
  heading('Browser')
  const report = join(results, 'browser.json')
  const isGood = run('playwright', ['test'], { PLAYWRIGHT_JSON_OUTPUT_NAME: report })
  const { suites, stats } = existsSync(report)
    ? JSON.parse(readFileSync(report, 'utf8'))
    : { suites: [], stats: { expected: 0, unexpected: 0, flaky: 0, skipped: 0 } }
  totals.passed += stats.expected
  totals.failed += stats.unexpected + stats.flaky + stats.skipped
  failures.push(...suites.flatMap(failedSpecs))
  if (!isGood && stats.unexpected === 0) count(false, 'Browser')
}

/** Those that did not run are among them. */
function failedSpecs({ specs, suites = [] }) {
  const failed = specs.flatMap(({ file, line, title, tests }) =>
    tests
      .filter(({ status }) => status !== 'expected')
      .map(({ status }) => `Browser: ${file}:${line} ${title} (${status})`),
  )
  return [...failed, ...suites.flatMap(failedSpecs)]
}

const parts = {
  check: () => checks(),
  unit: () =>
    nodeTests(
      'Unit',
      ['src/**/*.test.ts', 'test/unit/**/*.test.ts', 'test/load/**/*.test.ts', 'bench/**/*.test.ts'],
      // Most of them wait rather than compute.
      ['--test-concurrency=4'],
    ),
  engine: () => startDockerThen(() => installOrFail(ensureNetworkTools, engineTests)),
  faults: () =>
    startDockerThen(() =>
      installOrFail(
        () => ensureNetworkTools() && ensureFaketime(),
        () => faultSample(),
      ),
    ),
  e2e: () => startDockerThen(() => installOrFail(ensureChromium, browserTests)),
}
/** Only where they are named. */
const onRequest = {
  model: () => {
    heading('Model')
    count(run('node', ['test/model/main.ts']), 'Model')
  },
  nginx: () => startDockerThen(nginxMatrix),
}

function startDockerThen(next) {
  return installOrFail(startDocker, next)
}

function installOrFail(install, next) {
  if (install()) return next()
  count(false, 'What the tests need could not be started or installed.')
}

await ensurePackages()
rmSync(results, { recursive: true, force: true })
mkdirSync(results, { recursive: true })
const wanted = process.argv.slice(2)
const known = { ...parts, ...onRequest }
const unknown = wanted.filter((name) => !(name in known))
if (unknown.length > 0) {
  console.error(`There is no part "${unknown[0]}". The parts are: ${Object.keys(known).join(', ')}.`)
  process.exit(64)
}
for (const name of wanted.length > 0 ? wanted : Object.keys(parts)) {
  const partStartedMs = Date.now()
  await known[name]()
  times.push({ name, seconds: (Date.now() - partStartedMs) / 1_000 })
}
heading('Times')
for (const { name, seconds } of times) console.log(`${name.padEnd(8)} ${minutesAndSeconds(seconds)}`)
for (const line of slowest) console.log(`  ${line}`)
for (const what of failures) console.log(`✗ ${what}`)
console.log(`\n${totals.passed} passed, ${totals.failed} failed`)
process.exit(totals.failed === 0 && totals.passed > 0 ? 0 : 1)
