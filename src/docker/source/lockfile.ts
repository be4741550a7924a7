import { z } from 'zod'

const OTHERS = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'Yarn'],
  ['bun.lock', 'Bun'],
  ['bun.lockb', 'Bun'],
] as const
const OWN = ['npm-shrinkwrap.json', 'package-lock.json']
const HOW = '`npm install --package-lock-only` makes one; commit it, then deploy again.'

const names = z.record(z.string(), z.string()).default({})
const manifestSchema = z.object({ dependencies: names, devDependencies: names, optionalDependencies: names })
const lockfileSchema = z.object({
  packages: z.record(z.string(), z.object({ link: z.boolean().optional() }).loose()).optional(),
})

/**
 * Why `npm ci` would refuse a source, in a sentence; null where it would not. `paths` is what is built, and `read` its
 * texts. What only npm can tell, such as versions that do not fit, is left to it.
 */
export async function lockfileProblem(
  paths: readonly string[],
  read: (path: string) => Promise<string | null>,
): Promise<string | null> {
  if (!paths.includes('package.json'))
    return 'The source has no package.json, so there is nothing to install.'
  const own = OWN.find((name) => paths.includes(name))
  if (own === undefined) return withoutLockfile(paths)
  const manifest = manifestSchema.safeParse(jsonIn(await read('package.json')))
  const lockfile = lockfileSchema.safeParse(jsonIn(await read(own)))
  if (!manifest.success) return 'package.json can not be read: it is not JSON as npm expects it.'
  if (!lockfile.success) return `${own} can not be read: it is not JSON as npm expects it. ${HOW}`
  const { packages } = lockfile.data
  if (packages === undefined) return null
  const { dependencies, devDependencies, optionalDependencies } = manifest.data
  const missing = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(
    (name) => packages[`node_modules/${name}`] === undefined,
  )
  if (missing.length === 0) return null
  return `${own} is older than package.json: it has no ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ` and ${missing.length - 3} more` : ''}. \`npm install\` brings it up to date; commit it, then deploy again.`
}

function withoutLockfile(paths: readonly string[]): string {
  const other = OTHERS.find(([file]) => paths.includes(file))
  if (other === undefined)
    return `The source has no package-lock.json, without which \`npm ci\` installs nothing: ${HOW}`
  const [file, manager] = other
  return `The source has ${file} of ${manager} and no package-lock.json, and a build installs with npm alone: ${HOW}`
}

function jsonIn(text: string | null): unknown {
  try {
    return JSON.parse((text ?? '').replace(/^\ufeff/, ''))
  } catch {
    // Told as what it is not: JSON.
    return null
  }
}
