import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Source } from '../release/release.ts'
import { envFilesFinding } from './env-files.ts'
import { describeProject } from './project.ts'
import { checkOut } from './source/check-out.ts'

const directory = mkdtempSync(join(tmpdir(), 'env-files-'))
after(() => rmSync(directory, { recursive: true }))
const project = describeProject({ directory, name: 'shop', socketPath: '/none', environment: process.env })
const write = (name: string) => writeFileSync(join(directory, name), 'KEY=1\n')
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], { cwd: directory })
const sentence = async (source: Source) =>
  (await envFilesFinding(project, source, AbortSignal.timeout(10_000)))?.sentence ?? null

test('settings that Next would read are named, with the place where they belong', async () => {
  for (const name of ['.env', '.env.example', '.env.development', 'app.env']) write(name)
  assert.equal(await sentence({ kind: 'tree' }), null)
  write('.env.local')
  assert.match((await sentence({ kind: 'tree' })) ?? '', /since Next would copy it into the image:/)
  write('.env.production')
  assert.equal(
    await sentence({ kind: 'tree' }),
    '.env.local and .env.production will not be part of the build, since Next would copy them into the image: what the app needs goes into app.env (run time) or app.build.env (build).',
  )
})

test('a ref is asked for its own files', async () => {
  git('init', '-q')
  write('.env.production')
  git('add', '-f', '.env.production', '.env.example')
  git('commit', '-q', '--no-gpg-sign', '-m', 'With settings')
  assert.match((await sentence({ kind: 'ref', ref: 'HEAD' })) ?? '', /^\.env\.production will not be part/)
  git('rm', '-q', '--cached', '.env.production')
  git('commit', '-q', '--no-gpg-sign', '-m', 'Without')
  assert.equal(await sentence({ kind: 'ref', ref: 'HEAD' }), null)
  assert.equal(await sentence({ kind: 'ref', ref: 'no-such-ref' }), null)
  assert.equal(await sentence({ kind: 'image', image: 'shop:1', hasConsole: true }), null)
})

test('a commit is built without them, and with files of such names elsewhere', async () => {
  mkdirSync(join(directory, 'docs'))
  for (const name of ['.env.production', 'docs/.env.local', 'page.ts']) write(name)
  git('add', '-f', '.')
  git('commit', '-q', '--no-gpg-sign', '-m', 'All')
  const paths = await checkOut(project, 'HEAD', join(directory, '.git/out'), AbortSignal.timeout(10_000))
  assert.deepEqual(paths, ['docs/.env.local', 'page.ts'])
})
