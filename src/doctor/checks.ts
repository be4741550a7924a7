import { assets } from './checks/assets.ts'
import { commandLine, hostCommand } from './checks/command-line.ts'
import { orphans, recreation, restartPolicies, strangers, twins } from './checks/containers.ts'
import { director } from './checks/director.ts'
import { link, settings, startedBuilds } from './checks/env-file.ts'
import { files } from './checks/files.ts'
import { disk, docker, down, lock, reserve } from './checks/host.ts'
import { images } from './checks/images.ts'
import { journalWhole, movedElsewhere, unfinished } from './checks/journal.ts'
import { addresses, isolation, network } from './checks/network.ts'
import { configuration, nginx, version } from './checks/nginx.ts'
import { barred, pins, reach } from './checks/reach.ts'
import { directorsAddress, leftovers, mount, routing } from './checks/routing.ts'
import { slotBuilds, slotContainers, slotHealth } from './checks/slots.ts'
import { environments, preloads } from './checks/start-files.ts'
import type { Check } from './finding.ts'

/**
 * Every check, in the order in which its mends are safe: what can be written down first, since containers are started by
 * that; then what serves visitors; last what only adds to it.
 */
export const CHECKS: readonly Check[] = [
  ...[docker, down, disk, reserve, files, lock],
  ...[journalWhole, routing, mount, leftovers, movedElsewhere],
  ...[settings, startedBuilds, link, environments, preloads],
  ...[images, strangers, twins, orphans, network, addresses, isolation],
  ...[nginx, configuration, version, directorsAddress],
  ...[slotContainers, slotBuilds, slotHealth],
  ...[reach, pins, barred, assets],
  ...[restartPolicies, director, unfinished, commandLine, hostCommand, recreation],
]
