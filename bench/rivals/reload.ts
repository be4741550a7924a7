import { cp, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Slot } from '../../src/release/slot.ts'
import { confirmBySlot } from './confirm.ts'
import { type Rival, releaseWithCare } from './rival.ts'

/** nginx reloaded by a signal that is sent through Docker's API. `keepAlive` are directives about visitors' connections. */
export function reloadRival(options: {
  name: string
  image: string
  keepAlive: string
  oldSlotServesMs?: number
}): Rival {
  const { name: title, oldSlotServesMs } = options
  return {
    name: title,
    ...(oldSlotServesMs === undefined ? {} : { oldSlotServesMs }),
    publishesSlots: false,
    start: async (rig, tlsDir, host = 2) => {
      const dir = join(rig.dir, 'reload')
      await mkdir(dir)
      await cp(join(import.meta.dirname, 'reload.conf'), join(dir, 'nginx.conf'))
      await writeFile(join(dir, 'keepalive.conf'), options.keepAlive)
      const name = async (slot: Slot) => {
        await writeFile(join(dir, 'live.conf.tmp'), `set $slot ${slot};\n`)
        await rename(join(dir, 'live.conf.tmp'), join(dir, 'live.conf'))
      }
      await name('primary')
      const { container, address } = await rig.startProxy({
        name: 'reload',
        host,
        container: {
          Image: options.image,
          Entrypoint: [],
          Cmd: ['nginx', '-c', '/etc/sybench/proxy/nginx.conf', '-g', 'daemon off;'],
          HostConfig: { Binds: [`${dir}:/etc/sybench/proxy:ro`, `${tlsDir}:/etc/sybench/tls:ro`] },
        },
      })
      const where = { host: address, httpPort: 8080, tlsPort: 8443 }
      const flip = async (to: Slot) => {
        await name(to)
        await container.kill({ signal: 'HUP' })
      }
      await confirmBySlot(where, 'primary', AbortSignal.timeout(20_000))
      const confirm = (to: Slot, signal: AbortSignal) => confirmBySlot(where, to, signal)
      return {
        address: where,
        flip,
        confirm,
        release: (to, signal) => releaseWithCare(rig, { flip, confirm }, to, signal, oldSlotServesMs),
      }
    },
  }
}
