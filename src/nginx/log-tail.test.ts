import assert from 'node:assert/strict'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { logTail } from './log-tail.ts'

const MIB = 1024 * 1024

/** A log in a directory of its own, and a tail of it. Lines that begin with `old` are old. */
function tailed(context: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'log-tail-'))
  const path = join(dir, 'access.log')
  const seen: string[] = []
  const tail = logTail(path, { isOld: (line) => line.startsWith('old'), onLine: (line) => seen.push(line) })
  context.after(async () => {
    await tail.close()
    rmSync(dir, { recursive: true })
  })
  return {
    path,
    write: (text: string | Buffer) => appendFileSync(path, text),
    /** Whether there is a log. */
    read: () => tail.read(),
    /** What comes with one more read. */
    news: async () => {
      const before = seen.length
      await tail.read()
      return seen.slice(before)
    },
    /** Files of the directory that this process holds open. */
    held: () =>
      readdirSync('/proc/self/fd').flatMap((fd) => {
        try {
          const target = readlinkSync(`/proc/self/fd/${fd}`)
          return target.startsWith(dir) ? [target.slice(dir.length + 1)] : []
        } catch {
          // The one that lists the directory is gone by now.
          return []
        }
      }),
  }
}

const numbered = (from: number, to: number, word = 'line'): string[] =>
  Array.from({ length: to - from }, (_, index) => `${word} ${from + index}`)

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

test('a log that is not there yet is read from its beginning once it is', async (context) => {
  const { write, read, news } = tailed(context)
  assert.equal(await read(), false)
  write('one\ntwo\n')
  assert.deepEqual(await news(), ['one', 'two'])
  assert.equal(await read(), true)
  assert.deepEqual(await news(), [])
})

test('a line comes when it is whole, in whatever pieces it was written', async (context) => {
  const { write, news } = tailed(context)
  const euro = Buffer.from('€')
  write('one\ntw')
  assert.deepEqual(await news(), ['one'])
  write('o and more')
  assert.deepEqual(await news(), [])
  write('\nthree ')
  assert.deepEqual(await news(), ['two and more'])
  write(euro.subarray(0, 1))
  assert.deepEqual(await news(), [])
  write(Buffer.concat([euro.subarray(1), Buffer.from('\n\n')]))
  assert.deepEqual(await news(), ['three €', ''])
})

test('a log that is moved loses no line and repeats none, also those written late to the moved one', async (context) => {
  const { path, write, news, held } = tailed(context)
  write('one\n')
  assert.deepEqual(await news(), ['one'])
  write('two\nthr')
  renameSync(path, `${path}.1`)
  assert.deepEqual(await news(), ['two'])
  appendFileSync(`${path}.1`, 'ee\n')
  write('four\n')
  assert.deepEqual(await news(), ['three', 'four'])
  for (let late = 0; late < 20; late++) {
    appendFileSync(`${path}.1`, `late ${late}\n`)
    write(`new ${late}\n`)
    assert.deepEqual((await news()).toSorted(), [`late ${late}`, `new ${late}`])
  }
  assert.deepEqual(held().toSorted(), ['access.log', 'access.log.1'])
  for (let quiet = 0; quiet < 10; quiet++) assert.deepEqual(await news(), [])
  assert.deepEqual(held(), ['access.log'])
  write('five\n')
  assert.deepEqual(await news(), ['five'])
})

test('a log that was moved and not begun anew is read where it is', async (context) => {
  const { path, write, read, news } = tailed(context)
  write('one\n')
  await read()
  renameSync(path, `${path}.1`)
  for (let n = 0; n < 15; n++) {
    appendFileSync(`${path}.1`, `moved ${n}\n`)
    assert.deepEqual(await news(), [`moved ${n}`])
  }
  assert.equal(await read(), true)
})

test('a log that is emptied in place is read from its beginning', async (context) => {
  const { path, write, news } = tailed(context)
  write('a long first line\nhalf a li')
  assert.deepEqual(await news(), ['a long first line'])
  writeFileSync(path, 'new\n')
  assert.deepEqual(await news(), ['new'])
})

test('what was written before is read from near where it begins to be new', async (context) => {
  const { write, news } = tailed(context)
  const old = numbered(0, 100_000, 'old line that is long enough')
  const recent = numbered(0, 20_000, 'new line that is long enough')
  write(text([...old, ...recent]))
  const first = await news()
  assert.deepEqual(first.slice(-recent.length), recent)
  const surplus = first.length - recent.length
  assert.ok(surplus > 0 && surplus < 40_000, `${surplus} old lines were read of 100000`)
  assert.equal(first[0], old[100_000 - surplus])
  write('after\n')
  assert.deepEqual(await news(), ['after'])
})

test('the last lines of a log that was moved just before are read too', async (context) => {
  const { path, write, news } = tailed(context)
  write(text(numbered(0, 3)))
  renameSync(path, `${path}.1`)
  write(text(numbered(3, 6)))
  assert.deepEqual((await news()).toSorted(), numbered(0, 6))
  appendFileSync(`${path}.1`, 'late\n')
  assert.deepEqual(await news(), ['late'])
})

test('before nginx begins a log anew, the moved one is followed from the start', async (context) => {
  const { path, write, read, news } = tailed(context)
  writeFileSync(`${path}.1`, 'one\n')
  assert.deepEqual(await news(), ['one'])
  for (let n = 0; n < 15; n++) assert.equal(await read(), false)
  appendFileSync(`${path}.1`, 'two\n')
  assert.deepEqual(await news(), ['two'])
  write('three\n')
  assert.deepEqual(await news(), ['three'])
})

test('of a huge log only the last 32 MiB are read, at the start and after a long absence', async (context) => {
  const { write, news } = tailed(context)
  const block = (from: number) => text(numbered(from, from + 16).map((line) => line.padEnd(65_535, '.')))
  for (let mib = 0; mib < 40; mib++) write(block(mib * 16))
  const first = await news()
  assert.equal(first.length, (32 * MIB) / 65_536)
  assert.equal(first.at(-1)?.slice(0, 9), 'line 639.')
  for (let mib = 40; mib < 110; mib++) write(block(mib * 16))
  const second = await news()
  assert.equal(second.length, (32 * MIB) / 65_536)
  assert.equal(second.at(-1)?.slice(0, 10), 'line 1759.')
})

test('a line without end is cut, and the next one is whole', async (context) => {
  const { write, news } = tailed(context)
  write(`${'x'.repeat(3 * MIB)}`)
  const [cut, ...others] = await news()
  assert.deepEqual([cut?.length, others.length], [128 * 1024, 0])
  write('still the same line\nnext\n')
  assert.deepEqual(await news(), ['next'])
})

test('a log that can not be read is an error until it can', async (context) => {
  const { path, write, read, news, held } = tailed(context)
  mkdirSync(path)
  for (let n = 0; n < 3; n++) await assert.rejects(read(), { message: `${path} is not a file` })
  assert.deepEqual(held(), [])
  rmdirSync(path)
  write('one\n')
  assert.deepEqual(await news(), ['one'])
  rmSync(path)
  mkdirSync(path)
  await assert.rejects(read(), { message: `${path} is not a file` })
})
