// Loaded into the director before its own code (`--import`), and into nothing that ships: it names every point at which
// the director's durable state changes, and stops the whole process at the one that a file asks for. It imports Node's
// own modules alone, since that is all that the director's image and this directory have in common.
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import files from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

const directory = process.env.FAULT_POINTS ?? ''
const POLL_MS = 3
/** Longer than any cell. A director that nobody lets go on would hold the lock for ever. */
const PATIENCE_MS = 120_000

/** The step that runs, as far as this process has written it down. */
let step: string | null = null
let pending: string | null = null

if (existsSync(directory)) {
  watchEvents()
  watchRenames()
}

/** Around the commit that makes an event of the journal durable. */
function watchEvents(): void {
  const { prepare, exec } = DatabaseSync.prototype
  DatabaseSync.prototype.prepare = function (sql, ...rest) {
    const statement = prepare.call(this, sql, ...rest)
    if (/^\s*INSERT INTO events\b/i.test(sql)) watchInserts(statement)
    return statement
  }
  DatabaseSync.prototype.exec = function (sql) {
    const point = /^\s*COMMIT\b/i.test(sql) ? pending : null
    pending = null
    if (point === null) return exec.call(this, sql)
    reach('before', point)
    exec.call(this, sql)
    reach('after', point)
  }
}

function watchInserts(statement: StatementSync): void {
  const run: (...values: never[]) => unknown = statement.run
  Object.defineProperty(statement, 'run', {
    value: (...values: never[]) => {
      const event = values.find((value) => String(value).startsWith('{"type":'))
      if (event !== undefined) pending = pointOf(JSON.parse(event))
      return run.apply(statement, values)
    },
  })
}

function pointOf(event: { type: string; name?: string; outcome?: string }): string {
  const { type, name = '', outcome } = event
  if (type === 'created') step = null
  if (type === 'step-started') {
    step = name
    return `${name}:started`
  }
  if (type === 'step-ended') {
    step = null
    return `${name}:${outcome === 'failed' ? 'failed' : 'ended'}`
  }
  return step === null ? type : `${step}:${type}`
}

/** Around each rename by which a file, a generation or the routing itself takes effect. */
function watchRenames(): void {
  const { rename } = files
  files.rename = async (from, to) => {
    const what = renamedThing(String(to))
    if (what === null) return rename(from, to)
    const point = step === null ? `renamed-${what}` : `${step}:renamed-${what}`
    reach('before', point)
    await rename(from, to)
    reach('after', point)
  }
  syncBuiltinESMExports()
}

function renamedThing(path: string): string | null {
  const name = basename(path)
  if (name === 'deployment_state.env') return 'env-file'
  if (name === 'deployment_state.env.copy') return 'env-copy'
  if (basename(dirname(path)) === 'live') return name === 'current' ? 'current' : 'generation'
  return basename(dirname(path)) === 'assets' ? 'assets' : null
}

/** Says that the point is reached, and waits there where it is the one that was asked for. */
function reach(when: 'before' | 'after', point: string): void {
  if (when === 'after') appendFileSync(join(directory, 'trace'), `${point}\n`)
  if (!isWanted(when, point)) return
  rmSync(join(directory, 'stop'), { force: true })
  writeFileSync(join(directory, 'reached'), `${when} ${point}\n`)
  const endMs = performance.now() + PATIENCE_MS
  while (!existsSync(join(directory, 'go')) && performance.now() < endMs) sleep(POLL_MS)
  rmSync(join(directory, 'go'), { force: true })
}

/** The file holds `WHEN POINT SKIP`: `*` is any point, and SKIP counts how many that match are passed first. */
function isWanted(when: string, point: string): boolean {
  const path = join(directory, 'stop')
  if (!existsSync(path)) return false
  const [wantedWhen, wanted, skip = '0'] = readFileSync(path, 'utf8').trim().split(' ')
  if (wantedWhen !== when || (wanted !== '*' && wanted !== point)) return false
  if (Number(skip) === 0) return true
  writeFileSync(path, `${when} ${wanted} ${Number(skip) - 1}\n`)
  return false
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
