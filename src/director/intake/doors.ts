import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { dirname, join } from 'node:path'
import { SLOTS, type Slot } from '../../release/slot.ts'
import { type ApiParts, directorApi } from '../api.ts'
import { hostGate, slotsGate } from '../gate.ts'
import type { Identity } from '../identity/identity.ts'
import { addHostRoutes, addIdentityRoutes } from '../identity-api.ts'
import { hostServer, listenOn } from '../listen.ts'
import { addHostOperatorRoutes, addOperatorRoutes } from '../operators-api.ts'
import { doorServer } from './door.ts'
import { followers } from './followers.ts'
import { SLOT_LIMITS } from './limits.ts'

/** The group of the slots' processes: `user` in the compose file. */
const SLOTS_GROUP = 1_000

/** Through which socket somebody speaks to the director. `shared` is that of slots which were started before each had its own. */
export type Door = Slot | 'shared'

export type Doors = {
  hasShared(): boolean
  /** Takes the shared socket away, for good. */
  closeShared(): Promise<void>
  close(): void
}

/** Listens for root on the host and for each slot by itself, so that what one slot does can be told from the other, and bounded. */
export async function openDoors(api: ApiParts, identity: Identity, stateDir: string): Promise<Doors> {
  const host = directorApi(api, hostGate())
  addHostRoutes(host, identity)
  const hostParts = { identity, gate: hostGate(), audit: api.audit }
  addOperatorRoutes(host, hostParts)
  addHostOperatorRoutes(host, hostParts)
  const shared = join(stateDir, 'run/slots/director.sock')
  const [hosts, ...slots] = await Promise.all([
    listenOn(hostServer(host), join(stateDir, 'run/host/director.sock'), { mode: 0o600, groupId: 0 }),
    ...SLOTS.map((slot) => open(slot, join(stateDir, 'run', slot, 'director.sock'))),
    ...(existsSync(dirname(shared)) ? [open('shared', shared)] : []),
  ])
  let sharedServer = slots[SLOTS.length]

  function open(door: Door, path: string): Promise<Server> {
    const gate = slotsGate(identity, followers())
    const app = directorApi(api, gate)
    addIdentityRoutes(app, identity, door)
    addOperatorRoutes(app, { identity, gate, audit: api.audit })
    const name = door === 'shared' ? 'A slot of an earlier version' : `The ${door} slot`
    const server = doorServer(app, SLOT_LIMITS, { name, complain: console.error })
    return listenOn(server, path, { mode: 0o660, groupId: SLOTS_GROUP })
  }

  return {
    hasShared: () => sharedServer !== undefined,
    closeShared: async () => {
      if (sharedServer === undefined) return
      end(sharedServer)
      sharedServer = undefined
      await rm(dirname(shared), { recursive: true, force: true })
    },
    close: () => {
      for (const server of [hosts, ...slots]) end(server)
    },
  }
}

function end(server: Server | undefined): void {
  server?.close()
  server?.closeAllConnections()
}
