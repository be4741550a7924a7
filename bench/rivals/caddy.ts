import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Slot } from '../../src/release/slot.ts'
import type { Rig } from '../docker/rig.ts'
import { RIVALS_IMAGE } from '../docker/rivals-image.ts'
import { confirmBySlot } from './confirm.ts'
import { type Rival, releaseWithCare } from './rival.ts'

const ANSWER_WITHIN_MS = 10_000

/** Caddy's admin API. `stream_close_delay` keeps streams through a change, which would cut them otherwise. */
export const caddy: Rival = {
  name: 'Caddy (admin API, PATCH)',
  publishesSlots: false,
  start: async (rig, tlsDir, host = 2) => {
    const dir = join(rig.dir, 'caddy')
    await mkdir(dir)
    await writeFile(join(dir, 'caddy.json'), JSON.stringify(configuration(rig, 'primary')))
    const { address } = await rig.startProxy({
      name: 'caddy',
      host,
      container: {
        Image: RIVALS_IMAGE,
        Entrypoint: [],
        Cmd: ['caddy', 'run', '--config', '/etc/sybench/proxy/caddy.json'],
        HostConfig: { Init: true, Binds: [`${dir}:/etc/sybench/proxy:ro`, `${tlsDir}:/etc/sybench/tls:ro`] },
      },
    })
    const where = { host: address, httpPort: 8080, tlsPort: 8443 }
    const flip = async (to: Slot) => {
      const answer = await fetch(`http://${address}:2019/config/apps/http/servers`, {
        method: 'PATCH',
        // A change of configuration restarts its admin endpoint too: a kept connection would be a dying one.
        headers: { 'content-type': 'application/json', connection: 'close' },
        body: JSON.stringify(servers(rig, to)),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      })
      const said = await answer.text()
      if (!answer.ok) throw new Error(`Caddy answers ${answer.status}: ${said}`)
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

function configuration(rig: Rig, live: Slot) {
  const certificate = { certificate: '/etc/sybench/tls/tls.crt', key: '/etc/sybench/tls/tls.key' }
  return {
    admin: { listen: '0.0.0.0:2019' },
    logging: { logs: { default: { level: 'ERROR' } } },
    apps: {
      http: { servers: servers(rig, live) },
      tls: { certificates: { load_files: [certificate] } },
    },
  }
}

function servers(rig: Rig, live: Slot) {
  const handler = {
    handler: 'reverse_proxy',
    upstreams: [{ dial: `${rig.slotAddress(live)}:3000` }],
    transport: { protocol: 'http', keep_alive: { idle_timeout: '60s', max_idle_conns_per_host: 64 } },
    flush_interval: -1,
    stream_close_delay: '1h',
  }
  const common = { routes: [{ handle: [handler] }], automatic_https: { disable: true }, idle_timeout: '75s' }
  return {
    plain: { ...common, listen: [':8080'] },
    tls: { ...common, listen: [':8443'], tls_connection_policies: [{}] },
  }
}
