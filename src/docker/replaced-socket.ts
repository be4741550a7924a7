import { readFile, realpath } from 'node:fs/promises'

/**
 * Whether the socket mounted at `path` is one that its daemon has left. A container keeps the very file that it was
 * started with; a daemon that starts without systemd's socket puts a new one in its place, and with `live-restore` the
 * container is not started anew. Nothing but that brings the new one in.
 */
export async function isSocketReplaced(path: string): Promise<boolean> {
  return isMountOfDeleted(await readFile('/proc/self/mountinfo', 'utf8'), await realpath(path))
}

/** The kernel's mark on a mount whose source has been unlinked. Columns: proc_pid_mountinfo(5). */
export function isMountOfDeleted(mountinfo: string, target: string): boolean {
  return mountinfo.split('\n').some((line) => {
    const columns = line.split(' ')
    return columns[4] === target && columns[3]?.endsWith('//deleted') === true
  })
}
