import { join } from 'node:path'
import { z } from 'zod'

/** How the driver of images calls itself where containerd keeps them: by itself on fresh installs of Docker 29, by a setting before. */
const BY_CONTAINERD = 'io.containerd.snapshotter.v1'
/** Where containerd keeps what it has, unless its own configuration says otherwise, which Docker does not tell: `layers-root.ts`. */
const CONTAINERD_ROOT = '/var/lib/containerd'
/** The sockets of a containerd of the machine's. One that Docker started has another, below Docker's own directory for such files. */
const MACHINES_SOCKETS = ['/run/containerd/containerd.sock', '/var/run/containerd/containerd.sock']

const infoSchema = z.object({
  DockerRootDir: z.string(),
  DriverStatus: z.array(z.array(z.string())).nullish(),
  /** Of Docker 28 and later. */
  Containerd: z.object({ Address: z.string() }).nullish(),
})

/**
 * The directory whose disk images, layers and the build cache fill, by what Docker says of itself (`GET /info`), likelier ones first;
 * none where it says nothing of the kind. Docker's own root is that no more where containerd keeps the images: of a containerd of
 * the machine's it is another directory, which may be another disk's; of one that Docker started it lies below Docker's root. Docker
 * before 28 does not say which. Seen with Docker 26.1 and 28.5.
 */
export function imagesRoots(info: unknown): string[] {
  const { data } = infoSchema.safeParse(info)
  if (data === undefined) return []
  const { DockerRootDir, DriverStatus, Containerd } = data
  const isByContainerd = (DriverStatus ?? []).some(
    ([name, value]) => name === 'driver-type' && value === BY_CONTAINERD,
  )
  const own = join(DockerRootDir, 'containerd/daemon')
  if (!isByContainerd) return [DockerRootDir]
  if (Containerd == null) return [own, CONTAINERD_ROOT]
  const { Address } = Containerd
  return Address.endsWith('/containerd/containerd.sock') && !MACHINES_SOCKETS.includes(Address)
    ? [own]
    : [CONTAINERD_ROOT]
}
