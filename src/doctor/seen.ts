import type { Holder } from '../director/protocol.ts'
import type { Sight } from '../health/read-status.ts'
import type { NginxRevision } from '../nginx/known-faults.ts'
import type { Bar } from '../release/bar.ts'
import type { RoutingState } from '../release/ports.ts'
import type { Release } from '../release/release.ts'
import type { Slot } from '../release/slot.ts'
import type { EnvValues } from '../state/env-file.ts'
import type { NetworkName, Prefixes } from '../topology/networks.ts'
import type { AssetsSight } from './look/assets.ts'
import type { CommandLineSight } from './look/command-line.ts'
import type { FileSight } from './look/files.ts'
import type { StartFilesSight } from './look/start-files.ts'
import type { Service } from './services.ts'

/** Everything at one look, as plain data: the checks judge it, and look at nothing themselves. */
export type Seen = {
  system: System
  lock: { isHeld: boolean; written: Holder | null }
  journal: JournalSight
  routing: RoutingSight
  envFile: EnvFileSight
  files: readonly FileSight[]
  docker: DockerSight | { kind: 'unreachable'; reason: string }
  nginx: NginxSight
  slots: Readonly<Record<Slot, Sight>>
  director: DirectorSight
  assets: AssetsSight
  /** Of each slot that holds a build. */
  startFiles: readonly StartFilesSight[]
  commandLine: CommandLineSight
  /** One sentence where there is no room for a release. */
  fullDisk: string | null
  /** The room that is put by for a full disk. */
  reserve: { bytes: number; wholeBytes: number }
}

/** What set-up applied last; where the env file does not say it, what the containers were started with. */
export type System = {
  directory: string
  project: string
  prefixes: Prefixes
  containerPrefix: string
  httpAddress: string
  httpPort: number
  toolsImage: string
  healthDeadlineMs: number
  /** What Docker's disk must have free for a build. */
  minFreeBytes: number
  warmUpPaths: readonly string[]
}

export type JournalSight =
  /** `copied`: how many entries its copy holds. */
  | { kind: 'absent'; copied: number }
  /** `reason` is the end of a sentence. */
  | { kind: 'damaged'; reason: string; copied: number }
  | JournalRead

export type JournalRead = {
  kind: 'read'
  newestLive: Release | null
  holders: Readonly<Record<Slot, Release | null>>
  unfinished: readonly Release[]
  bars: readonly Bar[]
  /** Releases whose row says something else than their events. Where there are any, the rest is not to be trusted. */
  misfolded: readonly number[]
  /** Entries that its copy lacks, or holds unreadably. */
  missingInCopy: number
}

export type RoutingSight = {
  /** The generation that `current` leads to, where it is sound. */
  state: RoutingState | null
  /** Why it is not, as the end of a sentence. */
  problem: string | null
  /** By the flag files alone, as nginx reads them. */
  flagged: Slot | null
  /** The newest generation that is sound in itself, be it current or not. */
  newest: RoutingState | null
  /** The highest number of any generation on disk, also of one that was not finished. */
  highest: number
  /** Names that no generation in use has: half-written ones, and those newer than the current one. */
  leftovers: readonly string[]
  /** What nginx's user may not read, if anything. */
  unreadable: string | null
  /** Whether nginx is told the slots' addresses by set-up, since its container is older than they are. */
  isMoved: boolean
  /** Whether the file that names the director's address to nginx says it. */
  namesDirector: boolean
}

export type EnvFileSight =
  | { kind: 'absent'; isCopied: boolean }
  | {
      kind: 'read'
      values: EnvValues
      link: 'right' | 'missing' | 'other'
      isSound: boolean
      isCopied: boolean
    }

export type ContainerSight = {
  id: string
  name: string
  /** Docker's word: `running`, `exited`, … */
  state: string
  exitCode: number
  restarts: number
  startedAtMs: number
  /** The host's number of its main process; 0 while it does not run. */
  processId: number
  /** As compose was told it. */
  image: string
  imageId: string
  /** `SWITCHYARD_RELEASE`, where it has one. */
  release: number | null
  /** By the names of the networks that it is on. */
  addresses: ReadonlyMap<string, string>
  restartPolicy: string
}

export type NetworkSight = {
  name: string
  subnet: string
  strangers: readonly { name: string; address: string }[]
}

export type DockerSight = {
  kind: 'seen'
  /** By compose's labels. More than one is one too many. */
  services: Readonly<Record<Service, readonly ContainerSight[]>>
  /** Containers of others that have a name of ours. */
  strangers: readonly { service: Service; name: string }[]
  /** Containers of the project whose service the compose file does not have. */
  orphans: readonly { name: string; service: string; state: string }[]
  /** The id of each image that a slot's build is called, or null where the host has none. */
  images: ReadonlyMap<string, string | null>
  /** Ids of images that containers of the slots were made from and that are still here. */
  presentImageIds: ReadonlySet<string>
  /** Null where Docker has none. `name` is Docker's. */
  networks: Readonly<Record<NetworkName, NetworkSight | null>>
  /** What a plain `docker compose up` would make anew; a reason where compose does not say. */
  recreated: { names: readonly string[] } | { problem: string }
}

export type NginxAnswer = { httpStatus: number; servedBy: Slot | null; release: number | null }

export type NginxSight = {
  /** On fresh connections; empty where it does not answer. */
  answers: readonly NginxAnswer[]
  /** Whether they came through the port that visitors use. */
  isPublished: boolean
  /** Whether its container sees the directory that is at nginx/live now. Null where that can't be told. */
  seesLive: boolean | null
  /** Why it refuses its configuration, in its own words. */
  complaint: string | null
  /** Null where nginx does not run or does not tell. */
  revision: NginxRevision | null
}

export type DirectorSight = {
  answers: boolean
  /** What keeps it from settling what there is, in its own sentence. */
  unsettled: string | null
}
