import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { readEnvFile, updateEnvFile } from '../../../src/state/env-file.ts'
import { bad, fewer, subject } from './subject.ts'

/** As set-up leaves it; the engine keeps these lines. */
const SETTINGS = {
  COMPOSE_PROJECT_NAME: 'shop',
  HTTP_PORT: '80',
  ALLOWED_IMAGES: 'registry.example.org/shop',
}

const pathIn = (root: string): string => join(root, 'state', 'deployment_state.env')

/** What is live, as the engine writes it down after each release. A word is the number of a release. */
export const envFile = subject({
  word: z.number(),
  prepare: async (root) => {
    mkdirSync(join(root, 'state'))
    await updateEnvFile(pathIn(root), SETTINGS)
  },
  write: async (root, acknowledge, pause) => {
    const before = await readEnvFile(pathIn(root))
    for (let release = Number(before.get('PRIMARY_RELEASE') ?? 0) + 1; ; release++) {
      await updateEnvFile(pathIn(root), linesOf(release))
      acknowledge(release)
      await pause()
    }
  },
  check: async (root, words) => {
    const found = await readEnvFile(pathIn(root))
    const release = Number(found.get('PRIMARY_RELEASE') ?? 0)
    const expected = { ...SETTINGS, ...(release === 0 ? {} : linesOf(release)) }
    const wrong = Object.entries(expected).filter(([name, value]) => found.get(name) !== value)
    return [
      ...fewer('release', release, words.at(-1)),
      ...wrong.flatMap(([name]) =>
        bad(`the env file says ${name}=${found.get(name)} for release ${release}`),
      ),
    ]
  },
})

const linesOf = (release: number) => ({
  LIVE_SLOT: release % 2 === 0 ? 'primary' : 'secondary',
  PRIMARY_IMAGE: `shop:${release}`,
  PRIMARY_RELEASE: String(release),
  SECONDARY_IMAGE: `shop:${release - 1}`,
  SECONDARY_RELEASE: String(release - 1),
})
