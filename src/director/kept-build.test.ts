import assert from 'node:assert/strict'
import { test } from 'node:test'
import { yard } from '../../test/fixtures/yard.ts'
import { ReleaseError } from '../release/errors.ts'
import { describeError } from '../release/messages.ts'
import { releasableSource } from './kept-build.ts'

const soon = (): AbortSignal => AbortSignal.timeout(1_000)

async function refusal(work: Promise<unknown>): Promise<string> {
  const cause: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(cause instanceof ReleaseError)) return assert.fail()
  const { what, next } = describeError(cause, '')
  return `${what} ${next}`
}

test('a kept build is its image, the live one too', async () => {
  const { parts } = await yard()
  for (const [build, image] of [
    ['b1', 'shop:1'],
    ['b2', 'shop:2'],
  ] as const) {
    const source = await releasableSource(parts, { kind: 'build', build }, soon())
    assert.deepEqual(source, { kind: 'image', image, hasConsole: true })
  }
})

test('one that nobody knows, one that is barred and one that is pruned are refused in words', async () => {
  const { parts } = await yard()
  assert.equal(
    await refusal(releasableSource(parts, { kind: 'build', build: 'b3' }, soon())),
    'No release has made or taken a build "b3". The nearest is b2. Look for the build in the console or with `switchyard history`, then try again.',
  )
  parts.builder.check = async () => Promise.reject(new ReleaseError('image-missing', { image: 'shop:1' }))
  assert.equal(
    await refusal(releasableSource(parts, { kind: 'build', build: 'b1' }, soon())),
    '1.0.0 (b1) is not kept any more: its image was pruned. Deploy another build, or build it anew from its source.',
  )
  parts.bars.bar({ deploymentId: 'b1', version: '1.0.0' }, 'CVE-2026-1234', { kind: 'host', name: 'ada' })
  assert.match(
    await refusal(releasableSource(parts, { kind: 'build', build: 'b1' }, soon())),
    /^1\.0\.0 \(b1\) is barred by ada since .*: CVE-2026-1234\. Deploy another build, or unbar this one first/,
  )
})
