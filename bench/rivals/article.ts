import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Slot } from '../../src/release/slot.ts'
import { MADE_IMAGES } from '../../src/setup/image-names.ts'
import { PUBLISHED_PORTS } from '../docker/rig.ts'
import { confirmBySlot } from './confirm.ts'
import { type Rival, releaseAndStop } from './rival.ts'

const REFERENCE = join(import.meta.dirname, '..', 'reference', 'nginx')

/** The article's procedure, as bench/reference/README.md describes it. */
export const article = articleRival({ isLogged: true })

/** Without its log it shows what of its cost is that log's. */
export const articleWithoutLog = articleRival({ isLogged: false })

function articleRival({ isLogged }: { isLogged: boolean }): Rival {
  return {
    name: `the article’s${isLogged ? '' : ', log off'}`,
    publishesSlots: true,
    start: async (rig, tlsDir, host = 2) => {
      const name = `article-${host}`
      const dir = join(rig.dir, name)
      await cp(REFERENCE, dir, { recursive: true })
      if (!isLogged) await silence(join(dir, 'nginx.conf'))
      const { container, address } = await rig.startProxy({
        name,
        host,
        container: proxyContainer(dir, tlsDir),
      })
      const where = { host: address, httpPort: 80, tlsPort: 443 }
      const flip = async (to: Slot) => {
        const text = `upstream live_backend {\n  server host.docker.internal:${PUBLISHED_PORTS[to]};\n  keepalive 32;\n}\n`
        await writeFile(join(dir, 'upstream_target.conf'), text)
        await dockerExec(container.id, ['nginx', '-s', 'reload'])
      }
      await confirmBySlot(where, 'primary', AbortSignal.timeout(20_000))
      return {
        address: where,
        flip,
        confirm: (to, signal) => confirmBySlot(where, to, signal),
        release: (to) => releaseAndStop(rig, { flip }, to),
      }
    },
  }
}

async function silence(path: string): Promise<void> {
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace(/access_log [^;]+;/, 'access_log off;'))
}

function proxyContainer(dir: string, tlsDir: string) {
  return {
    Image: MADE_IMAGES.nginx,
    Entrypoint: [],
    Cmd: ['nginx', '-g', 'daemon off;'],
    HostConfig: {
      Binds: [
        `${dir}/nginx.conf:/etc/nginx/nginx.conf:ro`,
        `${dir}/proxy.conf:/etc/nginx/conf.d/default.conf:ro`,
        `${dir}/upstream_target.conf:/etc/nginx/conf.d/upstream_target.conf:ro`,
        `${tlsDir}:/etc/sybench:ro`,
      ],
      ExtraHosts: ['host.docker.internal:host-gateway'],
    },
  }
}

/** By Docker's own command line, as a script would. */
async function dockerExec(container: string, argv: readonly string[]): Promise<void> {
  const child = spawn('docker', ['exec', container, ...argv], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`docker exec ${argv.join(' ')} ended with ${code}: ${said.trim()}`)
}
