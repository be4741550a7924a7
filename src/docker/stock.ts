import { join } from 'node:path'
import type Docker from 'dockerode'
import type { Stock } from '../release/ports.ts'
import { readEnvFile } from '../state/env-file.ts'
import type { StoredLogs } from '../state/release-log.ts'
import { dropCaches } from './building/drop-caches.ts'
import { missingBytes } from './host-capacity.ts'
import { readDisks } from './preflight.ts'
import type { Project } from './project.ts'
import { halves, publishedAssets, removeAssets, sweepAssets } from './published/kept-assets.ts'
import { removeStoredImage, storedImages } from './stored-images.ts'

export type StockOptions = {
  docker: Docker
  project: Project
  envFile: string
  logs: StoredLogs
  minFreeBytes: number
}

/** Images in Docker, static files in `state/assets`, logs of releases in `state/logs`. */
export function dockerStock({ docker, project, envFile, logs, minFreeBytes }: StockOptions): Stock {
  const assets = join(project.directory, 'state', 'assets')
  return {
    take: async (signal) => {
      const [images, published, half, env, disks] = await Promise.all([
        storedImages(docker, project, signal),
        publishedAssets(assets),
        halves(assets),
        readEnvFile(envFile),
        readDisks(docker, project, signal),
      ])
      return {
        images,
        assets: published,
        logs: logs.list(),
        hasHalves: half.length > 0,
        named: ['PRIMARY_IMAGE', 'SECONDARY_IMAGE'].flatMap((name) => env.get(name) ?? []),
        missingBytes: missingBytes(disks, minFreeBytes),
      }
    },
    removeImage: (image, signal) => removeStoredImage(docker, project, image, signal),
    removeAssets: (deploymentId) => removeAssets(assets, deploymentId),
    removeLog: async (release) => logs.remove(release),
    sweep: () => sweepAssets(assets),
    dropCaches: (signal) => dropCaches(docker, project.name, signal),
  }
}
