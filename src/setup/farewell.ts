import type { Screen } from '../cli/screen.ts'
import type { Session } from '../cli/session.ts'
import type { Settings } from '../config/settings.ts'
import { siteAddress } from '../config/site-address.ts'
import { type SystemStatus, sessionSchema, setupLinkSchema } from '../director/protocol.ts'
import { clock } from './clock.ts'

const WHAT_NEXT = [
  ['deploy', 'release what is in this directory'],
  ['rollback', 'bring back the build before'],
  ['status', 'what runs, and how it is'],
  ['logs', "the last release's log"],
  ['down', 'stop everything, keep all data'],
] as const

/** The last screen: where the site and the console are, and the one-time link as long as there is no operator. */
export async function showFarewell(
  session: Session,
  settings: Settings,
  { status, hasCommand }: { status: SystemStatus; hasCommand: boolean },
): Promise<void> {
  const { screen } = session
  const site = siteAddress(settings)
  const { isSetUp } = await session.get(sessionSchema, '/v1/session')
  screen.line('')
  screen.line(
    screen.paint(
      'green',
      `Switchyard is up. Visitors get ${status.live?.version ?? 'the first build'} from the ${status.routing.live} slot.`,
    ),
  )
  screen.line('')
  field(screen, 'Site', site)
  field(screen, 'Console', `${site}/ops`)
  if (!isSetUp) {
    const { path, expiresAt } = await session.post(setupLinkSchema, '/v1/setup-link')
    screen.line('')
    screen.line('Create the first operator with this link. It works once,')
    screen.line(`until ${clock(expiresAt)}; \`npm run up\` prints a new one:`)
    screen.line(`  ${screen.paint('bold', `${site}${path}`)}`)
  }
  screen.line('')
  screen.line('In this directory:')
  for (const [verb, purpose] of WHAT_NEXT) {
    const command = `${hasCommand ? '' : 'npx '}switchyard ${verb}`
    screen.line(`  ${command.padEnd(26)}${screen.paint('dim', purpose)}`)
  }
}

function field(screen: Screen, name: string, value: string): void {
  screen.line(`  ${name.padEnd(10)}${screen.paint('bold', value)}`)
}
