/**
 * The root of the containerd that keeps the layers of this very container, on the host, by `/proc/self/mountinfo`; null where
 * something else keeps them. Docker does not tell it where containerd's own configuration has moved it; the kernel does.
 */
export function layersRoot(mountinfo: string): string | null {
  const own = mountinfo
    .split('\n')
    .find((line) => / \/ .* - overlay /.test(line) && line.split(' ')[4] === '/')
  const [, root] = /[,\s]upperdir=([^,\s]+)\/io\.containerd\.snapshotter\.v1\.[a-z-]+\//.exec(own ?? '') ?? []
  return root === undefined ? null : unescaped(root)
}

/** The kernel writes what would part fields, such as a space, by its number. */
const unescaped = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
