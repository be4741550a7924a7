import assert from 'node:assert/strict'
import { cpSync, mkdirSync, renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gitIn, LOCKED, projectIn, repositories, writeFiles } from '../../../test/fixtures/repositories.ts'
import { knownRef } from './build-context.ts'
import { gitPlacesOutside, seenGitPlaces } from './outside-git.ts'
import { sourceFindings } from './source-findings.ts'
import { listTree } from './tree.ts'

const { place, repository } = repositories()
const at = (...parts: string[]): string => join(place, ...parts)
const soon = (): AbortSignal => AbortSignal.timeout(20_000)

const main = repository('main', LOCKED).directory
gitIn(main, 'branch', 'other')

test('a repository of its own needs nothing from outside, and a directory without one neither', async () => {
  mkdirSync(at('plain'))
  for (const directory of [main, at('plain')]) assert.deepEqual(await gitPlacesOutside(directory), [])
})

test('the repository of a worktree is found, also one whose names are relative, and one that holds the worktree', async () => {
  gitIn(main, 'worktree', 'add', '--quiet', at('tree'), 'other')
  assert.deepEqual(await gitPlacesOutside(at('tree')), [at('main/.git')])
  writeFiles(at('tree'), { '.git': 'gitdir: ../main/.git/worktrees/tree\r\n' })
  assert.deepEqual(await seenGitPlaces(at('tree')), [at('main/.git')])

  gitIn(place, 'clone', '--quiet', '--bare', main, 'bare.git')
  gitIn(at('bare.git'), 'worktree', 'add', '--quiet', 'main')
  assert.deepEqual(await gitPlacesOutside(at('bare.git/main')), [at('bare.git')])
})

test('a repository that was put elsewhere is found, by a file or by a link', async () => {
  gitIn(place, 'clone', '--quiet', `--separate-git-dir=${at('apart.git')}`, main, 'apart')
  assert.deepEqual(await gitPlacesOutside(at('apart')), [at('apart.git')])
  gitIn(place, 'clone', '--quiet', main, 'linked')
  renameSync(at('linked/.git'), at('linked.git'))
  symlinkSync('../linked.git', at('linked/.git'))
  assert.deepEqual(await gitPlacesOutside(at('linked')), [at('linked.git')])
})

test('the repository of a submodule that is a project is found, with what its own submodules need', async () => {
  const inner = repository('inner', LOCKED).directory
  gitIn(inner, 'submodule', 'add', '--quiet', main, 'lib/main')
  gitIn(inner, 'commit', '--quiet', '--message=Main')
  const outer = repository('outer', LOCKED).directory
  gitIn(outer, 'submodule', 'add', '--quiet', inner, 'apps/inner')
  gitIn(outer, 'submodule', 'update', '--quiet', '--init', '--recursive')
  assert.deepEqual(await gitPlacesOutside(join(outer, 'apps/inner')), [at('outer/.git/modules/apps/inner')])
  assert.deepEqual(await gitPlacesOutside(outer), [])
})

test('objects that a clone borrows are found, through others and in submodules', async () => {
  gitIn(place, 'clone', '--quiet', '--shared', main, 'shared')
  gitIn(place, 'clone', '--quiet', '--shared', at('shared'), 'twice')
  assert.deepEqual(await gitPlacesOutside(at('shared')), [at('main/.git/objects')])
  assert.deepEqual(await gitPlacesOutside(at('twice')), [at('main/.git/objects'), at('shared/.git/objects')])
  gitIn(at('shared'), 'worktree', 'add', '--quiet', at('shared-tree'), '-b', 'third')
  assert.deepEqual(await gitPlacesOutside(at('shared-tree')), [at('main/.git/objects'), at('shared/.git')])
  const holder = repository('holder', LOCKED).directory
  gitIn(holder, 'submodule', 'add', '--quiet', '--reference', main, main, 'lib/deep/main')
  assert.deepEqual(await gitPlacesOutside(holder), [at('main/.git/objects')])
})

test('what is not git’s is not shown to the director, nor what no env file can name', async () => {
  gitIn(place, 'clone', '--quiet', '--shared', main, 'borrower')
  mkdirSync(at('private'))
  gitIn(place, 'clone', '--quiet', '--bare', main, "it's.git")
  const borrowed = [at('main/.git/objects'), at('private'), at("it's.git/objects")]
  writeFiles(at('borrower'), { '.git/objects/info/alternates': `${borrowed.join('\n')}\n` })
  assert.deepEqual(await gitPlacesOutside(at('borrower')), borrowed.toSorted())
  assert.deepEqual(await seenGitPlaces(at('borrower')), [at('main/.git/objects')])
})

test('what can not be seen is named before the build, and why its refs are unknown', async () => {
  const lonely = at('lonely')
  gitIn(main, 'worktree', 'add', '--quiet', '--detach', lonely)
  const project = projectIn(lonely)
  assert.match((await listTree(project, soon())).revision ?? '', /^[0-9a-f]{40}$/)
  assert.deepEqual(await sourceFindings(project, { kind: 'tree' }, soon()), [])
  writeFiles(lonely, { '.git': `gitdir: ${at('gone/.git/worktrees/lonely')}\n` })
  const { revision, files } = await listTree(project, soon())
  assert.deepEqual([revision, files.length], [null, 2])
  assert.deepEqual(await seenGitPlaces(lonely), [])
  assert.deepEqual(
    (await sourceFindings(project, { kind: 'tree' }, soon())).map(({ sentence }) => sentence),
    [
      `Git keeps a part of this project in ${at('gone/.git/worktrees/lonely')}, which the director does not see, so the build may carry no commit, and a ref may be unknown. \`npm run up\` lets the director see up to 3 such places; a clone of its own needs none.`,
    ],
  )
  await refused(
    lonely,
    'main',
    `git keeps a part of this project in ${at('gone/.git/worktrees/lonely')}, which the director does not see until \`npm run up\` has run`,
  )
})

const refused = (directory: string, ref: string, reason?: string): Promise<void> =>
  assert.rejects(knownRef(projectIn(directory), ref, soon()), (error: Error & { facts?: unknown }) => {
    assert.deepEqual(error.facts, reason === undefined ? { ref } : { ref, reason })
    return true
  })

test('a shallow clone is built as it is, and a ref that it lacks is told with what brings it', async () => {
  const origin = repository('origin', { ...LOCKED, 'page.txt': 'one\n' }).directory
  gitIn(origin, 'tag', 'v1')
  gitIn(origin, 'branch', 'older')
  writeFiles(origin, { 'page.txt': 'two\n' })
  gitIn(origin, 'commit', '--quiet', '--all', '--message=Second')
  const shallow = at('shallow')
  gitIn(place, 'clone', '--quiet', '--depth=1', `file://${origin}`, 'shallow')
  const project = projectIn(shallow)
  const { revision, isChanged } = await listTree(project, soon())
  assert.deepEqual([revision, isChanged], [gitIn(origin, 'rev-parse', 'HEAD').trim(), false])
  for (const source of [{ kind: 'tree' }, { kind: 'ref', ref: 'main' }] as const)
    assert.deepEqual(await sourceFindings(project, source, soon()), [])
  const first = gitIn(origin, 'rev-parse', 'v1').trim()
  const reason =
    "this clone is shallow and has the last commit alone: `git remote set-branches origin '*'` and `git fetch --unshallow --tags` on the host get the rest"
  for (const ref of ['v1', 'older', first, 'HEAD~1']) await refused(shallow, ref, reason)
  gitIn(shallow, 'remote', 'set-branches', 'origin', '*')
  gitIn(shallow, 'fetch', '--quiet', '--unshallow', '--tags')
  for (const ref of ['v1', first, 'HEAD~1', 'origin/older'])
    assert.equal(await knownRef(project, ref, soon()), first)
  await refused(shallow, 'older', 'its remote has a branch of that name, which is "origin/older" here')
  await refused(shallow, 'v2')
  cpSync(shallow, at('copied'), { recursive: true, filter: (path) => !path.endsWith('/.git') })
  await refused(at('copied'), 'v1', 'it is no git repository, so its working tree alone can be built')
})

test('files that a partial clone has not fetched are counted, with what fetches them', async () => {
  const origin = repository('whole', { ...LOCKED, 'page.txt': 'one\n' }).directory
  gitIn(origin, 'config', 'uploadpack.allowFilter', 'true')
  gitIn(origin, 'tag', 'v1')
  writeFiles(origin, { 'page.txt': 'two\n' })
  gitIn(origin, 'commit', '--quiet', '--all', '--message=Second')
  gitIn(place, 'clone', '--quiet', '--filter=blob:none', `file://${origin}`, 'partial')
  const commit = gitIn(origin, 'rev-parse', 'v1').trim()
  const told = async (ref?: string): Promise<string[]> => {
    const source = ref === undefined ? ({ kind: 'tree' } as const) : ({ kind: 'ref', ref } as const)
    return (await sourceFindings(projectIn(at('partial')), source, soon())).map(({ sentence }) => sentence)
  }
  assert.deepEqual([await told(), await told('main')], [[], []])
  assert.deepEqual(await told('v1'), [
    `This clone is partial and lacks one file of v1, which the director may not be able to fetch: \`git archive ${commit} >/dev/null\` on the host fetches it.`,
  ])
  gitIn(at('partial'), 'archive', '--output=../archive.tar', commit)
  assert.deepEqual(await told('v1'), [])

  writeFiles(origin, { 'package.json': '{"name":"another"}' })
  gitIn(origin, 'commit', '--quiet', '--all', '--message=Third')
  gitIn(origin, 'tag', 'v3')
  gitIn(at('partial'), 'fetch', '--quiet', '--tags')
  gitIn(at('partial'), 'remote', 'set-url', 'origin', at('nowhere'))
  assert.match((await told('v3')).join(), /^This clone is partial and lacks one file of v3, [^,]*$/)
})
