import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gitUseFindings } from './git-use.ts'

const told = async (files: Readonly<Record<string, string>>): Promise<string[]> =>
  (await gitUseFindings(async (path) => files[path] ?? null)).map(({ sentence }) => sentence)

const sentence = (calls: string): string =>
  `The build runs ${calls}, and has neither git nor the repository: SWITCHYARD_REVISION and SWITCHYARD_VERSION hold the commit and the version there.`

test('what a build runs and what calls git is named', async () => {
  for (const [files, calls] of [
    [
      { 'next.config.mjs': `const version = execSync('git describe --tags').toString()` },
      '`git describe` in next.config.mjs',
    ],
    [
      { 'next.config.ts': `generateBuildId: () => execFileSync('git', ['rev-parse', 'HEAD'])` },
      '`git rev-parse` in next.config.ts',
    ],
    [
      {
        'package.json':
          '{"scripts":{"prepare":"git config core.hooksPath hooks","postinstall":"git submodule update"}}',
      },
      '`git config` in package.json (prepare) and `git submodule` in package.json (postinstall)',
    ],
  ] as const) {
    assert.deepEqual(await told(files), [sentence(calls)])
  }
})

test('what a build does not run, what minds a failure and what only reads so is not named', async () => {
  const all: readonly Readonly<Record<string, string>>[] = [
    {},
    { 'package.json': '{"scripts":{"build":"git describe","release":"git tag v1"}}' },
    { 'package.json': '{"scripts":{"prepare":"git config core.hooksPath hooks || true"}}' },
    { 'package.json': '{"scripts":{"prepare":"husky"},"repository":"git+https://git.example/a.git"}' },
    { 'package.json': '{ "scripts": ' },
    { 'next.config.mjs': `// git describe\nconst source = 'https://git.example/a.git'` },
  ]
  for (const files of all) {
    assert.deepEqual(await told(files), [])
  }
})
