import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BadPattern, readDockerIgnore } from './docker-ignore.ts'

const PATHS = [
  '#notes',
  'README.md',
  'a b.txt',
  'docs/README.md',
  'docs/deep/guide.md',
  'docs/page.tsx',
  'file1.ts',
  'file2.ts',
  'filea.ts',
  'lib/a+b(1).ts',
  'lib/node_modules/x/index.js',
  'lib/temp/x.ts',
  'node_modules/x/index.js',
  'src/.env',
  'src/Page.tsx',
  'src/page.test.ts',
  'src/page.ts',
  'ümlaut.txt',
]

const DOCS = ['docs/README.md', 'docs/deep/guide.md', 'docs/page.tsx']

const allBut = (...kept: string[]): string[] =>
  PATHS.filter((path) => !kept.some((one) => path === one || path.startsWith(`${one}/`)))

/** Each with what BuildKit left out of these files as it was given their directory, on Docker 20.10 and buildx 0.13. */
const CASES: readonly { name: string; text: string; out: readonly string[] }[] = [
  { name: 'nothing', text: '', out: [] },
  {
    name: 'names and directories',
    text: 'README.md\nnode_modules\n',
    out: ['README.md', 'node_modules/x/index.js'],
  },
  {
    name: 'a slash at either end',
    text: '/docs/\n/README.md',
    out: ['README.md', ...DOCS],
  },
  {
    name: 'comments, empty lines and spaces',
    text: '# README.md\n\n  file1.ts  \n #notes\n',
    out: ['#notes', 'file1.ts'],
  },
  {
    name: 'a byte order mark and Windows line ends',
    text: '﻿README.md\r\nfile1.ts\r\n',
    out: ['README.md', 'file1.ts'],
  },
  {
    name: 'a star stays in its directory',
    text: '*.md\n*/*.tsx',
    out: ['README.md', 'docs/page.tsx', 'src/Page.tsx'],
  },
  { name: 'two stars', text: '**/*.md', out: ['README.md', 'docs/README.md', 'docs/deep/guide.md'] },
  {
    name: 'two stars before a name',
    text: '**/node_modules',
    out: ['lib/node_modules/x/index.js', 'node_modules/x/index.js'],
  },
  {
    name: 'two stars before a part of a name',
    text: '**de_modules',
    out: ['lib/node_modules/x/index.js', 'node_modules/x/index.js'],
  },
  {
    name: 'two stars behind',
    text: 'docs/**',
    out: DOCS,
  },
  {
    name: 'two stars in between',
    text: 'lib/**/x.ts\nsrc/**/page.ts',
    out: ['lib/temp/x.ts', 'src/page.ts'],
  },
  {
    name: 'all but',
    text: '*\n!src\n!README.md',
    out: allBut('README.md', 'src'),
  },
  {
    name: 'all but, then some of it again',
    text: '**\n!src/**\nsrc/*.test.ts',
    out: allBut('src/.env', 'src/Page.tsx', 'src/page.ts'),
  },
  {
    name: 'a file of a directory that is out',
    text: 'docs\n!docs/deep/guide.md',
    out: ['docs/README.md', 'docs/page.tsx'],
  },
  { name: 'question marks and classes', text: 'file?.ts\n!file[0-9].ts', out: ['filea.ts'] },
  { name: 'a class that is turned round', text: 'file[^0-9].ts', out: ['filea.ts'] },
  { name: 'what is no wildcard', text: 'lib/a+b(1).ts\na b.txt', out: ['a b.txt', 'lib/a+b(1).ts'] },
  { name: 'escapes', text: '\\#notes\nlib/a\\+b(1).ts', out: ['#notes', 'lib/a+b(1).ts'] },
  {
    name: 'dots and parents',
    text: './README.md\nlib/../docs\nsrc/./page.ts\nlib//temp',
    out: ['README.md', ...DOCS, 'lib/temp/x.ts', 'src/page.ts'],
  },
  { name: 'upper and lower case', text: 'src/page.tsx\nreadme.md', out: [] },
  { name: 'letters of other alphabets', text: '?mlaut.txt', out: ['ümlaut.txt'] },
  { name: 'a later rule', text: '!README.md\nREADME.md', out: ['README.md'] },
  { name: 'spaces behind the exclamation mark', text: '*.md\n!  README.md', out: [] },
  { name: 'everything', text: '.', out: [] },
  { name: 'hidden files', text: '**/.*', out: ['src/.env'] },
]

for (const { name, text, out } of CASES) {
  test(`what a .dockerignore leaves out: ${name}`, () => {
    assert.deepEqual(PATHS.filter(readDockerIgnore(text).leavesOut), out)
  })
}

for (const text of ['!', '[a', 'a\\']) {
  test(`a pattern that Docker would refuse is refused: ${text}`, () => {
    assert.throws(() => readDockerIgnore(`a\n${text}\n`), BadPattern)
  })
}
