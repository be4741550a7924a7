import { z } from 'zod'
import type { Finding } from '../preflight.ts'
import { inWords, warning } from './finding-words.ts'
import { withoutComments } from './script-text.ts'
import { jsonIn, NEXT_CONFIGS, type SourceReader } from './source-reader.ts'

/** Those of the project that a build runs; `build` itself is none of them. */
const LIFECYCLE = /^(?:pre|post)?(?:install|prepare)$|^prepublish$/
const CALL = /(?<![\w./-])git ([a-z]+(?:-[a-z]+)*)\b|['"`]git['"`]\s*,\s*\[\s*['"`]([a-z-]+)/

const manifestSchema = z.object({ scripts: z.record(z.string(), z.string()).catch({}).default({}) })

/** A warning where what a build runs calls git, as for a version: a build has neither git nor the repository. */
export async function gitUseFindings(read: SourceReader): Promise<Finding[]> {
  const scripts = Object.entries(scriptsIn(await read('package.json')))
    .filter(([name]) => LIFECYCLE.test(name))
    .flatMap(([name, script]) => callIn(`package.json (${name})`, script))
  const configs = await Promise.all(
    NEXT_CONFIGS.map(async (file) => callIn(file, withoutComments((await read(file)) ?? ''))),
  )
  const calls = [...scripts, ...configs.flat()]
  if (calls.length === 0) return []
  return [
    warning(
      'git',
      `The build runs ${inWords(calls)}, and has neither git nor the repository: SWITCHYARD_REVISION and SWITCHYARD_VERSION hold the commit and the version there.`,
    ),
  ]
}

/** Whoever minds that it fails says so in the same line. */
function callIn(by: string, text: string): string[] {
  const line = text.split('\n').find((one) => CALL.test(one) && !/\|\|/.test(one))
  const [, spoken, quoted] = CALL.exec(line ?? '') ?? []
  return line === undefined ? [] : [`\`git ${spoken ?? quoted}\` in ${by}`]
}

function scriptsIn(text: string | null): Readonly<Record<string, string>> {
  // What is no manifest is told by `lockfile.ts`.
  return manifestSchema.safeParse(jsonIn(text)).data?.scripts ?? {}
}
