import { z } from 'zod'
import { type PruneView, pruneViewSchema } from '../../release/prune-view.ts'
import { ago, bytes } from '../../words/quantities.ts'
import { EXIT } from '../exit-codes.ts'
import { table } from '../format.ts'
import { harmless } from '../screen.ts'
import { type AddCommand, jsonFlag, jsonOption } from './command.ts'

const optionsSchema = jsonOption.extend({ dryRun: z.boolean().default(false) })

export const addPrune: AddCommand = (program, run) => {
  program
    .command('prune')
    .description('remove what is kept of old builds, and tell what stays and why')
    .option('--dry-run', 'show what would go, change nothing')
    .option(...jsonFlag)
    .action((given) => {
      const { json, dryRun } = optionsSchema.parse(given)
      return run({ isJson: json }, async ({ post, screen, isJson }) => {
        const view = await post(pruneViewSchema, '/v1/prune', { dryRun })
        if (isJson) screen.json(view)
        else for (const line of pruneLines(view, Date.now())) screen.line(line)
        return EXIT.done
      })
    })
}

/** What stays and what goes, a build a line. */
export function pruneLines({ dryRun, kept, gone, logs }: PruneView, nowMs: number): string[] {
  const heading = ['', 'version', 'build', 'release', 'last live', 'size', 'why']
  const rowOf = (word: string) => (build: PruneView['kept'][number]) => [
    word,
    harmless(build.version),
    build.deploymentId ?? '-',
    build.release === null ? '-' : String(build.release),
    build.lastLiveAt === null ? 'never' : ago(nowMs - Date.parse(build.lastLiveAt)),
    bytes(build.bytes),
    harmless(build.why),
  ]
  const rows = [...kept.map(rowOf('stays')), ...gone.toReversed().map(rowOf(dryRun ? 'would go' : 'gone'))]
  return [
    ...(rows.length === 0 ? ['No build is stored.'] : table([heading, ...rows])),
    '',
    endOf(dryRun, gone, logs),
  ]
}

function endOf(dryRun: boolean, gone: PruneView['gone'], logs: readonly number[]): string {
  const what = [
    ...(gone.length === 0 ? [] : [gone.length === 1 ? '1 build' : `${gone.length} builds`]),
    ...(logs.length === 0 ? [] : [logs.length === 1 ? '1 log' : `${logs.length} logs`]),
  ].join(' and ')
  if (what === '') return dryRun ? 'Nothing would go.' : 'There was nothing to remove.'
  const freed = bytes(gone.reduce((sum, build) => sum + build.bytes, 0))
  return dryRun
    ? `${what} would go, which frees up to ${freed}: layers that are shared stay. Nothing has changed.`
    : `${what} removed; up to ${freed} freed, but for layers that are shared.`
}
