import { readdir, readFile, readlink } from 'node:fs/promises'

const LISTENING = '0A'

/** The process that listens on TCP `port` of this machine, as `nginx (pid 12)`; null where it can't be told. */
export async function processOnPort(port: number): Promise<string | null> {
  const sockets = new Set([
    ...(await socketsOn('/proc/net/tcp', port)),
    ...(await socketsOn('/proc/net/tcp6', port)),
  ])
  if (sockets.size === 0) return null
  for (const pid of await readdir('/proc')) {
    if (/^\d+$/.test(pid) && (await holdsOne(pid, sockets))) {
      const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a process')
      return `${name.trim()} (pid ${pid})`
    }
  }
  return null
}

// Columns of /proc/net/tcp: 1 local address:port (hexadecimal), 3 state, 9 inode.
async function socketsOn(table: string, port: number): Promise<string[]> {
  const text = await readFile(table, 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => {
    const columns = line.trim().split(/\s+/)
    const isOurs = Number.parseInt(columns[1]?.split(':')[1] ?? '', 16) === port
    return isOurs && columns[3] === LISTENING && columns[9] !== undefined ? [`socket:[${columns[9]}]`] : []
  })
}

async function holdsOne(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => [])
  for (const descriptor of descriptors) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')
    if (sockets.has(target)) return true
  }
  return false
}
