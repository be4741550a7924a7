// `next build` as a child of the Node that has read app.build.env (`node --env-file=FILE scripts/build.mjs`): Next hands
// its own Node options to its workers, and those refuse that one.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'

// Where Next does not see that it runs in a container it keeps these for 14 days, and the cache outlives the build. With
// one key, an open tab's action runs whatever stands at its position in the next build.
for (const kept of ['.rscinfo', '.previewinfo']) rmSync(`.next/cache/${kept}`, { force: true })

const { status } = spawnSync(process.execPath, ['node_modules/next/dist/bin/next', 'build'], {
  stdio: 'inherit',
})
process.exitCode = status ?? 1
