/**
 * Never part of a build, whatever the project's own .gitignore says: secrets, state, and what a build makes itself.
 * BuildKit does not apply .dockerignore to a context that comes as an archive.
 */
const DIRECTORIES = [
  '.git',
  'node_modules',
  '.next',
  'state',
  'nginx/live',
  '.test',
  'test-results',
  'playwright-report',
]
const FILES = ['.env', 'app.env', 'app.build.env', 'switchyard.env']
/** Next copies what it reads of these into its output, and so into the image. */
const ENV_FILES = '.env.'
/** It may hold tokens, and reaches the build without them; see `npmrc.ts`. */
const NPMRC = /(^|\/)\.npmrc$/

/** Whether a path, relative to the project directory, may be part of a build. */
export function mayBeBuilt(path: string): boolean {
  if (FILES.includes(path) || path.startsWith(ENV_FILES) || NPMRC.test(path)) return false
  return !DIRECTORIES.some((name) => path === name || path.startsWith(`${name}/`))
}
