import assert from 'node:assert/strict'
import { test } from 'node:test'
import { imagesRoots } from './images-root.ts'

const BY_CONTAINERD = [['driver-type', 'io.containerd.snapshotter.v1']]
const DockerRootDir = '/data/docker'

test('images lie in Docker’s own root where its own drivers keep them', () => {
  assert.deepEqual(imagesRoots({ DockerRootDir, DriverStatus: [['Backing Filesystem', 'extfs']] }), [
    DockerRootDir,
  ])
  assert.deepEqual(imagesRoots({ DockerRootDir, DriverStatus: null }), [DockerRootDir])
  assert.deepEqual(imagesRoots({ DockerRootDir }), [DockerRootDir])
})

test('where containerd keeps them they lie in containerd’s, wherever that belongs', () => {
  for (const [Containerd, expected] of [
    [undefined, [`${DockerRootDir}/containerd/daemon`, '/var/lib/containerd']],
    [{ Address: '/run/containerd/containerd.sock' }, ['/var/lib/containerd']],
    [{ Address: '/var/run/docker/containerd/containerd.sock' }, ['/data/docker/containerd/daemon']],
    [{ Address: '/run/other/containerd/containerd.sock' }, ['/data/docker/containerd/daemon']],
  ] as const)
    assert.deepEqual(imagesRoots({ DockerRootDir, DriverStatus: BY_CONTAINERD, Containerd }), expected)
})

test('what Docker does not say is not made up', () => {
  assert.deepEqual(imagesRoots(null), [])
  assert.deepEqual(imagesRoots({}), [])
})
