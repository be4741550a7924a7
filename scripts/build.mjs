// What a build runs in the image that has the packages and the whole source: the project's own lifecycle scripts, then
// `next build`. Started by the director in a container with limits, or by the Dockerfile.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { coresOfBuild } from './build-cpus.mjs'
import { ownDeploymentId } from './deployment-id.mjs'
import { run, runOwnScripts } from './own-scripts.mjs'

/** What the director has read in app.build.env (src/docker/build-values.ts). */
const BUILD_VALUES = '/run/build_values'
const CERTIFICATES = '/run/ca.pem'
const MOST_CACHE_KIB = 2 * 1024 ** 2

// Compose, where it builds by itself, has an empty file to give.
if (existsSync(CERTIFICATES) && statSync(CERTIFICATES).size > 0)
  process.env.NODE_EXTRA_CA_CERTS = CERTIFICATES
if (existsSync(BUILD_VALUES)) Object.assign(process.env, JSON.parse(readFileSync(BUILD_VALUES, 'utf8')))
// Git hooks are for a clone, and a build has no repository.
process.env.HUSKY ??= '0'
process.env.NEXT_TELEMETRY_DISABLED = '1'
process.env.NEXT_DEPLOYMENT_ID = process.env.DEPLOYMENT_ID ?? process.env.NEXT_DEPLOYMENT_ID ?? ''

// Node takes at most half of a container's memory for JavaScript, and next build is mostly that.
const { BUILD_HEAP_MIB, NODE_OPTIONS = '' } = process.env
if (BUILD_HEAP_MIB && !NODE_OPTIONS.includes('--max-old-space-size'))
  process.env.NODE_OPTIONS = `${NODE_OPTIONS} --max-old-space-size=${BUILD_HEAP_MIB}`.trim()

// Where Next does not see that it runs in a container it keeps these for 14 days, and the cache outlives the build. With
// one key, an open tab's action runs whatever stands at its position in the next build.
for (const kept of ['.rscinfo', '.previewinfo']) rmSync(`.next/cache/${kept}`, { force: true })
if (kibibytesOf('.next/cache') > MOST_CACHE_KIB) {
  for (const name of readdirSync('.next/cache')) rmSync(`.next/cache/${name}`, { recursive: true })
  console.log('The cache of former builds had grown beyond 2 GiB and begins anew.')
}
mkdirSync('public', { recursive: true })

// Compose builds without one where it brings up a fresh clone.
process.env.NEXT_DEPLOYMENT_ID ||= ownDeploymentId()

const prefix = limit()
process.exitCode =
  runOwnScripts('.', prefix) ||
  run([...prefix, process.execPath, 'node_modules/next/dist/bin/next', 'build'], '.')

/** @param {string} directory */
function kibibytesOf(directory) {
  return Number.parseInt(spawnSync('du', ['-sk', directory], { encoding: 'utf8' }).stdout, 10) || 0
}

/** Docker's own builder has no limit of cores for a build, and this build shares its machine with visitors. */
function limit() {
  const allowed = readFileSync('/proc/self/status', 'utf8').match(/^Cpus_allowed_list:\s*(\S+)$/m)?.[1] ?? '0'
  const cores = coresOfBuild(allowed, process.env.BUILD_CPUS)
  if (cores === null) return []
  const prefix = ['taskset', '-c', cores]
  if (spawnSync('taskset', ['-c', cores, 'true']).status !== 0) {
    console.warn('This image has no taskset, so the build may take every core.')
    return []
  }
  console.log(`next build runs on core ${cores} of ${allowed}; BUILD_CPUS is how many it may have.`)
  return prefix
}
