import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceDurably } from '../state/durable-file.ts'

/** Included by nginx/internal.conf; what it sets is the `X-Switchyard-Reload` of nginx's internal port. */
export const RELOAD_FILE = 'reload.conf'

/** The file's text for the `number`th reload. */
export function renderReload(number: number): string {
  if (!Number.isSafeInteger(number) || number < 1) throw new RangeError(`no reload has the number ${number}`)
  return `set $reload_number ${number};\n`
}

/** The number in the file's text; 0 for any other text. */
export function parseReload(text: string): number {
  const digits = /^set \$reload_number ([1-9][0-9]{0,14});$/m.exec(text)?.[1]
  return digits === undefined ? 0 : Number(digits)
}

/** Raises the number on disk. `putBack` restores what was there, for a reload that nginx refused. */
export async function raiseReloadNumber(
  liveDir: string,
): Promise<{ number: number; putBack: () => Promise<void> }> {
  const path = join(liveDir, RELOAD_FILE)
  const before = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  })
  const number = parseReload(before ?? '') + 1
  await replace(path, renderReload(number))
  return { number, putBack: () => (before === null ? rm(path, { force: true }) : replace(path, before)) }
}

/** The temporary file has no `.conf` name: nginx includes whatever matches reload*.conf. */
const replace = (path: string, content: string): Promise<void> => replaceDurably(path, content, 0o644)
