// The process that a power cut ends: `node writer.ts SUBJECT ROOT PAUSE_MS`. It says `ready` when it is about to write,
// then for each write that has returned a line with the time (`process.hrtime`) and a word in JSON.
import { writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { subjectNamed } from './subjects.ts'

const [name = '', root = '', pauseMs = '0'] = process.argv.slice(2)
const say = (line: string): void => void writeSync(1, `${line}\n`)
const writing = subjectNamed(name)
say('ready')
await writing.write(
  root,
  (word) => say(`${process.hrtime.bigint()} ${JSON.stringify(word)}`),
  () => delay(Math.random() * Number(pauseMs)),
)
