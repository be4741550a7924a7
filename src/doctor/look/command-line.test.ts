import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { placesOf, projectEntry } from '../../setup/host-command/places.ts'
import { pathsOf } from '../../setup/paths.ts'
import { lookAtCommandLine } from './command-line.ts'

const place = mkdtempSync(join(tmpdir(), 'command-line-'))
after(() => rmSync(place, { recursive: true }))

test('what the director keeps is whole while it is what its name says', async () => {
  const paths = pathsOf(join(place, 'kept'))
  const kept = async () => (await lookAtCommandLine(paths, join(place, 'usr'))).kept
  assert.equal(await kept(), 'lost')
  const version = createHash('sha256').update('main.mjs\0').update('text').digest('hex').slice(0, 16)
  const directory = join(dirname(paths.cli), version)
  mkdirSync(directory, { recursive: true })
  symlinkSync(version, paths.cli)
  assert.equal(await kept(), 'lost')
  writeFileSync(join(directory, 'main.mjs'), 'text')
  writeFileSync(join(directory, 'VERSION'), `${version}\n`)
  assert.equal(await kept(), 'whole')
  writeFileSync(join(directory, 'main.mjs'), '')
  assert.equal(await kept(), 'damaged')
})

test("the host's command is missed where set-up had installed one, and nowhere else", async () => {
  const paths = pathsOf(join(place, 'shop'))
  const prefix = join(place, 'local')
  const { command, library, node } = placesOf(prefix)
  const host = async () => (await lookAtCommandLine(paths, prefix)).host
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  write(command, 'another program')
  assert.equal(await host(), 'none')
  mkdirSync(library, { recursive: true })
  assert.equal(await host(), 'foreign')
  rmSync(command)
  assert.equal(await host(), 'lost')
  write(command, '# io.switchyard.host-command')
  write(node, '')
  assert.equal(await host(), 'incomplete')
  write(projectEntry(placesOf(prefix), paths.directory), `${paths.directory}\n`)
  assert.equal(await host(), 'right')
  rmSync(node)
  assert.equal(await host(), 'incomplete')
})
