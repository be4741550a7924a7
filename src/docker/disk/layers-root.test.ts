import assert from 'node:assert/strict'
import { test } from 'node:test'
import { layersRoot } from './layers-root.ts'

const mounted = (options: string, at = '/'): string =>
  [
    `816 584 0:208 / ${at} ro,relatime master:22 - overlay overlay rw,${options}`,
    '817 816 0:210 / /proc rw,nosuid - proc proc rw',
    '818 816 8:1 /srv/app /srv/app rw - ext4 /dev/sda1 rw',
  ].join('\n')
const layer = (root: string): string =>
  `lowerdir=${root}/io.containerd.snapshotter.v1.overlayfs/snapshots/3/fs,upperdir=${root}/io.containerd.snapshotter.v1.overlayfs/snapshots/12/fs,workdir=${root}/io.containerd.snapshotter.v1.overlayfs/snapshots/12/work`

test('the layers of a container lie where containerd’s root is, wherever that was moved', () => {
  assert.equal(layersRoot(mounted(layer('/var/lib/containerd'))), '/var/lib/containerd')
  assert.equal(layersRoot(mounted(layer('/mnt/big/containerd'))), '/mnt/big/containerd')
  assert.equal(layersRoot(mounted(layer('/mnt/big\\040disk'))), '/mnt/big disk')
})

test('other layers, and other mounts, tell nothing of containerd', () => {
  const docker = 'lowerdir=/var/lib/docker/overlay2/l/A,upperdir=/var/lib/docker/overlay2/f8/diff,workdir=/w'
  for (const text of [
    mounted(docker),
    mounted(layer('/mnt/big'), '/elsewhere'),
    '',
    '22 27 0:21 / / rw - ext4 /dev/sda1 rw',
  ])
    assert.equal(layersRoot(text), null)
})
