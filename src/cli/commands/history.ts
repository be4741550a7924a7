import { InvalidArgumentError, Option } from 'commander'
import { z } from 'zod'
import { historySchema } from '../../director/protocol.ts'
import { type Bar, barOn } from '../../release/bar.ts'
import { environmentChangeWords } from '../../release/environment-change.ts'
import { whoWords } from '../../release/freeze.ts'
import type { Release } from '../../release/release.ts'
import { ago, duration } from '../../words/quantities.ts'
import { EXIT } from '../exit-codes.ts'
import { stateWord, table, tookMs, whatWords } from '../format.ts'
import { harmless } from '../screen.ts'
import { type AddCommand, jsonFlag, jsonOption } from './command.ts'

const LIMIT_CAP = 100

const optionsSchema = jsonOption.extend({ limit: z.number() })

export const addHistory: AddCommand = (program, run) => {
  program
    .command('history')
    .description('the releases, newest first')
    .addOption(new Option('--limit <n>', 'how many').argParser(limitOf).default(20))
    .option(...jsonFlag)
    .action((given) => {
      const { json, limit } = optionsSchema.parse(given)
      return run({ isJson: json }, async ({ get, screen, isJson }) => {
        const history = await get(historySchema, `/v1/releases?limit=${limit}`)
        if (isJson) screen.json(history)
        else for (const line of historyLines(history, Date.now())) screen.line(line)
        if (!isJson && history.more) screen.line('There are older ones: use --limit.')
        return EXIT.done
      })
    })
}

/** A table of releases, newest first. */
export function historyLines(
  { releases, barred }: { releases: readonly Release[]; barred: readonly Bar[] },
  nowMs: number,
): string[] {
  if (releases.length === 0) return ['There is no release yet.']
  const words = releases.map(({ environmentChange: change }) =>
    change ? environmentChangeWords(change) : '',
  )
  const hasChange = words.some((text) => text !== '')
  return table([
    [
      'release',
      'state',
      'what',
      'version',
      'build',
      'slot',
      'by',
      'when',
      'took',
      'note',
      ...(hasChange ? ['environment'] : []),
    ],
    ...releases.map((release, index) => [
      String(release.id),
      stateWord(release.state),
      whatWords(release),
      harmless(release.build?.version ?? release.label ?? '-'),
      `${release.build?.deploymentId ?? '-'}${barOn(barred, release.build) === null ? '' : ' (barred)'}`,
      release.slot,
      harmless(whoWords(release.actor)),
      ago(nowMs - Date.parse(release.createdAt)),
      duration(tookMs(release, nowMs)),
      harmless(release.note ?? ''),
      ...(hasChange ? [harmless(words[index] ?? '')] : []),
    ]),
  ])
}

function limitOf(text: string): number {
  const limit = /^\d+$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > LIMIT_CAP)
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${LIMIT_CAP}.`)
  return limit
}
