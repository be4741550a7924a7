import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isMountOfDeleted } from './replaced-socket.ts'

const mountinfo = (root: string): string => `166 154 0:41 / /run rw,relatime - tmpfs tmpfs rw,mode=755
198 166 0:41 ${root} /run/docker.sock rw,relatime - tmpfs tmpfs rw,mode=755
`

const CASES: [root: string, target: string, isDeleted: boolean][] = [
  ['/docker.sock', '/run/docker.sock', false],
  ['/docker.sock//deleted', '/run/docker.sock', true],
  ['/docker.sock//deleted', '/run/other.sock', false],
]

for (const [root, target, isDeleted] of CASES) {
  test(`a mount of ${root} ${isDeleted ? 'makes' : 'does not make'} ${target} a socket that was left`, () => {
    assert.equal(isMountOfDeleted(mountinfo(root), target), isDeleted)
  })
}
