import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { pathsOf } from '../paths.ts'
import { installHostCommand } from './install.ts'
import { placesOf } from './places.ts'
import { removeHostCommand } from './remove.ts'

const place = mkdtempSync(join(tmpdir(), 'switchyard-host-'))
after(() => rmSync(place, { recursive: true }))

const SCRIPT = readFileSync(join(import.meta.dirname, '../../cli/host-command.sh'), 'utf8')

const STRANGER = 4_321

/** A project of which the director keeps a command line that says where it is and what it was asked. */
function project(name: string) {
  const paths = pathsOf(join(place, name))
  mkdirSync(paths.cli, { recursive: true })
  writeFileSync(join(paths.cli, 'switchyard'), SCRIPT)
  writeFileSync(
    join(paths.cli, 'main.mjs'),
    'console.log(process.cwd(), process.argv.slice(2).join(" ")); process.exitCode = 77',
  )
  return paths
}

async function install(paths: ReturnType<typeof pathsOf>, prefix: string) {
  const notes: string[] = []
  const isThere = await installHostCommand(paths, prefix, { note: (line) => notes.push(line) })
  return { isThere, notes }
}

function run(prefix: string, cwd: string, ...args: string[]) {
  const { SWITCHYARD_DIR: _, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(placesOf(prefix).command, args, { cwd, env, encoding: 'utf8' })
  return { status, out: stdout + stderr }
}

test('the command is installed once and said once, and runs what the director keeps', async () => {
  const prefix = join(place, 'usr')
  const shop = project('shop')
  const { command, bash, node } = placesOf(prefix)
  assert.deepEqual(await install(shop, prefix), {
    isThere: true,
    notes: [`The command \`switchyard\` is installed: ${command}.`],
  })
  assert.deepEqual(await install(shop, prefix), { isThere: true, notes: [] })
  assert.ok(existsSync(bash) && existsSync(node))
  assert.deepEqual(run(prefix, '/', 'logs', '-f'), { status: 77, out: `${shop.directory} logs -f\n` })
})

test('of two projects the nearest is meant, elsewhere one has to be named; the last takes the command along', async () => {
  const prefix = join(place, 'two')
  const [one, two] = [project('one'), project('two-with a space')]
  await install(one, prefix)
  await install(two, prefix)
  assert.equal(run(prefix, two.state, 'status').out, `${two.directory} status\n`)
  assert.equal(run(prefix, '/', '-C', one.directory, 'status').out, `${one.directory} status\n`)
  const unnamed = run(prefix, '/', 'status')
  assert.equal(unnamed.status, 64)
  assert.match(unnamed.out, /^No project of Switchyard is here, and several were set up on this host:\n/)
  await removeHostCommand(one.directory, prefix)
  assert.equal(run(prefix, '/', 'status').out, `${two.directory} status\n`)
  await removeHostCommand(two.directory, prefix)
  assert.deepEqual(readdirSync(prefix, { recursive: true }).toSorted(), ['bin', 'lib', 'share'])
})

test('what another user has put above the working directory is not run, unless set-up has noted it or it is named', async () => {
  const prefix = join(place, 'strangers')
  await install(project('own'), prefix)
  const theirs = project('theirs')
  chownSync(theirs.directory, STRANGER, STRANGER)
  chownSync(theirs.state, STRANGER, STRANGER)
  const refused = [
    `${theirs.directory} looks like a project of Switchyard. It belongs to another user and was not set up on this host, so nothing of it was run.`,
    `If it is meant, name it: switchyard --project ${theirs.directory} …`,
    '',
  ].join('\n')
  assert.deepEqual(run(prefix, theirs.state, 'status'), { status: 64, out: refused })
  const named = { status: 77, out: `${theirs.directory} status\n` }
  assert.deepEqual(run(prefix, theirs.state, '--project', theirs.directory, 'status'), named)
  await install(theirs, prefix)
  assert.deepEqual(run(prefix, theirs.state, 'status'), named)
})

test("a link called state does not make another user's directory root's", async () => {
  const prefix = join(place, 'linked')
  const own = project('linked-to')
  await install(own, prefix)
  const theirs = join(place, 'links')
  mkdirSync(theirs)
  symlinkSync(own.state, join(theirs, 'state'))
  chownSync(theirs, STRANGER, STRANGER)
  assert.equal(run(prefix, theirs, 'status').status, 64)
})

test('a project whose directory is gone keeps the command from nobody', async () => {
  const prefix = join(place, 'gone')
  const [stays, goes] = [project('stays'), project('goes')]
  await install(stays, prefix)
  await install(goes, prefix)
  rmSync(goes.directory, { recursive: true })
  assert.equal(run(prefix, '/', 'status').out, `${stays.directory} status\n`)
  await removeHostCommand(stays.directory, prefix)
  assert.equal(existsSync(placesOf(prefix).command), false)
})

test('what a killed set-up left half-written goes, and keeps the command from nothing; what is at work or foreign stays', async () => {
  const prefix = join(place, 'halves')
  const shop = project('half')
  await install(shop, prefix)
  const { command, bash, node, libraries, projects } = placesOf(prefix)
  const { pid } = spawnSync('true')
  const entry = readdirSync(projects)[0] ?? assert.fail()
  const left = [
    ...[`${command}.${pid}.tmp`, `${bash}.${pid}.tmp`, `${node}.${pid}.tmp`],
    ...[join(libraries, 'libatomic.so.1.tmp'), join(projects, `${entry}.${pid}.tmp`)],
  ]
  const stays = [
    `${command}.${process.pid}.tmp`,
    `${command}.tmp`,
    join(dirname(command), `other.${pid}.tmp`),
  ]
  const leave = (): void => {
    for (const path of [...left, ...stays]) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, path.startsWith(projects) ? `${shop.directory}\n` : '')
    }
    writeFileSync(left[0] ?? '', SCRIPT)
    writeFileSync(`${command}.tmp`, 'other')
  }
  leave()
  assert.equal(run(prefix, '/', 'status').out, `${shop.directory} status\n`)
  await install(shop, prefix)
  assert.deepEqual(left.filter(existsSync), [])
  // The install that runs here has used its own name, and left nothing of it.
  assert.deepEqual(stays.filter(existsSync), stays.slice(1))
  leave()
  await removeHostCommand(shop.directory, prefix)
  assert.deepEqual(readdirSync(dirname(command)).toSorted(), stays.map((path) => basename(path)).toSorted())
})

test("another program's files of that name are never replaced, nor removed", async () => {
  const prefix = join(place, 'foreign')
  const { command, bash } = placesOf(prefix)
  for (const path of [command, bash]) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, '#!/bin/sh\necho other\n', { mode: 0o755 })
  }
  const shop = project('third')
  assert.deepEqual(await install(shop, prefix), {
    isThere: false,
    notes: [
      `${command} is another program's, so the command was not installed; \`npx switchyard\` works in this directory.`,
    ],
  })
  await removeHostCommand(shop.directory, prefix)
  for (const path of [command, bash]) assert.match(readFileSync(path, 'utf8'), /echo other/)
})

test('where nothing can be installed set-up goes on, and says so', async () => {
  const prefix = join(place, 'file')
  writeFileSync(prefix, '')
  const { isThere, notes } = await install(project('fourth'), prefix)
  assert.equal(isThere, false)
  assert.match(
    notes.join(),
    /^The command `switchyard` could not be installed \(ENOTDIR: .*\); `npx switchyard` works in this directory\.$/,
  )
})
