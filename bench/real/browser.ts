import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from '@playwright/test'
import { endMachine, startMachine } from '../../test/system/namespaces.ts'
import { OPTIONS } from './system.ts'

export type VisitorsBrowser = {
  browser: Browser
  /** The site as this browser reaches it. */
  url: string
  close(): Promise<void>
}

const MACHINE = { name: 'sybenchreal-browser', subnet: '172.30.79' } as const
/** Debian's, as for the browser tests. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Throws where there is no browser, before anything is brought up for it. */
export function requireBrowser(path: string = CHROMIUM): void {
  if (!existsSync(path)) throw new Error(`There is no browser at ${path}: set CHROMIUM to a browser.`)
}

/**
 * Chromium on a machine of its own, as visitors have it. On the host itself it breaks requests off by
 * `ERR_NETWORK_CHANGED` whenever Docker starts a container, since that changes the host's network.
 */
export async function startBrowser(): Promise<VisitorsBrowser> {
  const machine = await startMachine(MACHINE)
  const directory = await mkdtemp(join(tmpdir(), 'sybenchreal-browser-'))
  const executablePath = join(directory, 'chromium')
  // Visitors bring machines of their own: this one's cores are the server's first.
  const argv = machine.enter(['nice', '-n', '19', CHROMIUM], '/').join(' ')
  await writeFile(executablePath, `#!/bin/sh\nexec ${argv} "$@"\n`, { mode: 0o755 })
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
  ]
  const close = async () => {
    await endMachine(MACHINE)
    await rm(directory, { recursive: true, force: true })
  }
  try {
    // Playwright would end this process at a signal, before anything is swept.
    const handlesSignals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false }
    const browser = await chromium.launch({ executablePath, args, ...handlesSignals })
    return {
      browser,
      url: `http://${MACHINE.subnet}.1:${OPTIONS.httpPort}`,
      close: () => browser.close().finally(close),
    }
  } catch (cause) {
    await close()
    throw cause
  }
}
