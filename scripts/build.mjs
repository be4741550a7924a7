// `next build` as a child of the Node that has read app.build.env (`node --env-file=FILE scripts/build.mjs`): Next hands
// its own Node options to its workers, and those refuse that one.
import { spawnSync } from 'node:child_process'

const { status } = spawnSync(process.execPath, ['node_modules/next/dist/bin/next', 'build'], {
  stdio: 'inherit',
})
process.exitCode = status ?? 1
