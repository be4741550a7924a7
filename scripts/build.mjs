// `next build` with the values of app.build.env, which the director has read (src/docker/build-values.ts).
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { coresOfBuild } from './build-cpus.mjs'

const BUILD_VALUES = '/run/build_values'
if (existsSync(BUILD_VALUES)) Object.assign(process.env, JSON.parse(readFileSync(BUILD_VALUES, 'utf8')))

// Where Next does not see that it runs in a container it keeps these for 14 days, and the cache outlives the build. With
// one key, an open tab's action runs whatever stands at its position in the next build.
for (const kept of ['.rscinfo', '.previewinfo']) rmSync(`.next/cache/${kept}`, { force: true })

const next = [process.execPath, 'node_modules/next/dist/bin/next', 'build']
const [program, ...args] = [...limit(), ...next]
const { status } = spawnSync(program, args, { stdio: 'inherit' })
process.exitCode = status ?? 1

/** Docker's own builder has no limit of cores for a build, and this build shares its machine with visitors. */
function limit() {
  const allowed = readFileSync('/proc/self/status', 'utf8').match(/^Cpus_allowed_list:\s*(\S+)$/m)?.[1] ?? '0'
  const cores = coresOfBuild(allowed, process.env.BUILD_CPUS)
  if (cores === null) return []
  const prefix = ['taskset', '-c', cores]
  if (spawnSync(prefix[0], [...prefix.slice(1), 'true']).status !== 0) {
    console.warn('This image has no taskset, so the build may take every core.')
    return []
  }
  console.log(`next build runs on core ${cores} of ${allowed}; BUILD_CPUS is how many it may have.`)
  return prefix
}
