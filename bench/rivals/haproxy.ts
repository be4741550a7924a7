import { cp, mkdir, rename, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Slot } from '../../src/release/slot.ts'
import { RIVALS_IMAGE } from '../docker/rivals-image.ts'
import { confirmBySlot } from './confirm.ts'
import { type Rival, releaseWithCare } from './rival.ts'

const MAP = '/etc/sybench/proxy/live.map'

/** HAProxy's runtime map; the file is written too, since a restart reads that. */
export const haproxy: Rival = {
  name: 'HAProxy (`set map`)',
  publishesSlots: false,
  start: async (rig, tlsDir, host = 2) => {
    const dir = join(rig.dir, 'haproxy')
    const runDir = join(rig.dir, 'haproxy-run')
    await mkdir(dir)
    await mkdir(runDir)
    await cp(join(import.meta.dirname, 'haproxy.cfg'), join(dir, 'haproxy.cfg'))
    const keep = async (slot: Slot) => {
      await writeFile(join(dir, 'live.map.tmp'), `live ${slot}\n`)
      await rename(join(dir, 'live.map.tmp'), join(dir, 'live.map'))
    }
    await keep('primary')
    const { address } = await rig.startProxy({
      name: 'haproxy',
      host,
      container: {
        Image: RIVALS_IMAGE,
        Entrypoint: [],
        Cmd: ['haproxy', '-W', '-db', '-f', '/etc/sybench/proxy/haproxy.cfg'],
        HostConfig: {
          Init: true,
          Binds: [`${dir}:/etc/sybench/proxy:ro`, `${runDir}:/run/sybench`, `${tlsDir}:/etc/sybench/tls:ro`],
        },
      },
    })
    const where = { host: address, httpPort: 8080, tlsPort: 8443 }
    const flip = async (to: Slot) => {
      await keep(to)
      await command(join(runDir, 'admin.sock'), `set map ${MAP} live ${to}`)
    }
    await confirmBySlot(where, 'primary', AbortSignal.timeout(20_000))
    const confirm = (to: Slot, signal: AbortSignal) => confirmBySlot(where, to, signal)
    return {
      address: where,
      flip,
      confirm,
      release: (to, signal) => releaseWithCare(rig, { flip, confirm }, to, signal),
    }
  },
}

/** One command of the runtime API, which answers a `set` with nothing but an empty line. */
async function command(path: string, line: string): Promise<void> {
  const socket = connect({ path })
  socket.setTimeout(5_000, () => socket.destroy(new Error('HAProxy does not answer its runtime API.')))
  socket.end(`${line}\n`)
  const answer = (await text(socket)).trim()
  if (answer !== '') throw new Error(`HAProxy refuses "${line}": ${answer}`)
}
