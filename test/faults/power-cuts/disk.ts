import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** A file system of its own, whose power can be cut. */
export type Disk = {
  /** Where it is mounted. */
  root: string
  mount(options: string): void
  /**
   * Makes ready to cut the power: what is not on the disk by then is lost, and nothing can be written any more. The cut
   * answers with the time (of `process.hrtime`) at which the power was still on.
   */
  arm(): Promise<() => Promise<bigint>>
  /** Once nobody has anything open there. */
  unmount(): Promise<void>
  remove(): Promise<void>
}

const PREFIX = 'switchyard-power-cuts-'
const SIZE = '192M'
const UNMOUNT_TRIES = 100

/** https://github.com/torvalds/linux/blob/master/fs/ext4/ext4.h: EXT4_IOC_SHUTDOWN, with EXT4_GOING_FLAGS_NOLOGFLUSH. */
const SHUTDOWN = { request: '0x8004587d', flags: '2' } as const

/** Node has no call for it, and perl is part of every Debian. */
const CUT = `
  open(my $top, "<", $ARGV[0]) or die $!;
  $| = 1; print "armed"; <STDIN>;
  ioctl($top, hex $ARGV[1], pack("L", $ARGV[2])) or die $!;
`

/**
 * An ext4 in a file, mounted by loop. Needs root, and a mount namespace of its own: a container that is started meanwhile
 * gets a copy of its starter's mounts for a moment, and what it has can't be unmounted.
 */
export function loopDisk(): Disk {
  sweep()
  const dir = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`))
  const image = join(dir, 'image')
  const root = join(dir, 'disk')
  mkdirSync(root)
  execFileSync('truncate', ['-s', SIZE, image])
  execFileSync('mkfs.ext4', ['-q', '-F', image])
  let isMounted = false
  /** A file system that something else still holds would be the same one when it is mounted again, and not what is on the disk. */
  const isHeld = (): boolean => execFileSync('losetup', ['--associated', image]).length > 0
  async function unmount(): Promise<void> {
    let words = ''
    for (let tries = 0; isMounted || isHeld(); tries++) {
      if (tries === UNMOUNT_TRIES) throw new Error(`The disk can't be unmounted. ${words}`)
      if (tries > 0) await delay(20)
      if (!isMounted) continue
      const { status, stderr } = spawnSync('umount', [root], { encoding: 'utf8' })
      words = stderr
      isMounted = status !== 0
    }
  }
  return {
    root,
    unmount,
    mount: (options) => {
      execFileSync('mount', ['-o', `loop,${options}`, image, root])
      isMounted = true
    },
    arm: async () => {
      const perl = spawn('perl', ['-e', CUT, root, SHUTDOWN.request, SHUTDOWN.flags], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      await once(perl.stdout, 'data')
      return async () => {
        const onAtNs = process.hrtime.bigint()
        perl.stdin.end('\n')
        const [code] = await once(perl, 'close')
        if (code !== 0) throw new Error(`The power could not be cut: perl ended with ${code}.`)
        return onAtNs
      }
    },
    remove: async () => {
      await unmount()
      rmSync(dir, { recursive: true })
    },
  }
}

/** What runs that were killed left behind; their mounts went with their namespace. */
function sweep(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const [pid] = name.slice(PREFIX.length).split('-')
    if (!existsSync(`/proc/${pid}`)) rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }
}
