import assert from 'node:assert/strict'
import { test } from 'node:test'
import { demultiplexer } from './demux.ts'

function frame(stream: 1 | 2, text: string): Buffer {
  const payload = Buffer.from(text)
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(payload.length, 4)
  return Buffer.concat([header, payload])
}

test('frames are taken apart wherever the chunks end', () => {
  const bytes = Buffer.concat([frame(1, 'out 1\nout '), frame(2, 'err 1\n'), frame(1, ''), frame(1, '2\n')])
  for (let size = 1; size <= bytes.length; size++) {
    const seen: string[] = []
    const demux = demultiplexer((stream, line) => seen.push(`${stream}: ${line}`))
    for (let at = 0; at < bytes.length; at += size) demux.write(bytes.subarray(at, at + size))
    demux.end()
    assert.deepEqual(seen, ['stdout: out 1', 'stderr: err 1', 'stdout: out 2'], `chunks of ${size} bytes`)
  }
})
