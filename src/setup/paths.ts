import { join } from 'node:path'

/** Where everything of one clone lies. Set-up, director and scripts agree on it. */
export function pathsOf(directory: string) {
  const state = join(directory, 'state')
  return {
    directory,
    state,
    composeFile: join(directory, 'docker-compose.release.yml'),
    userSettings: join(directory, 'switchyard.env'),
    envFile: join(state, 'deployment_state.env'),
    envLink: join(directory, '.env'),
    logs: join(state, 'logs'),
    secrets: join(state, 'secrets'),
    caBundle: join(state, 'secrets', 'ca.pem'),
    authKey: join(state, 'secrets', 'auth.key'),
    hostSocket: join(state, 'run', 'host', 'director.sock'),
    /** The longest of the sockets' paths. */
    slotsSocket: join(state, 'run', 'secondary', 'director.sock'),
    /** All of the director's; that of `slots` is for slots which an earlier version started. */
    sockets: ['host', 'primary', 'secondary', 'slots'].map((side) =>
      join(state, 'run', side, 'director.sock'),
    ),
    nginx: join(directory, 'nginx'),
    nginxLive: join(directory, 'nginx', 'live'),
    appliedNginx: join(state, 'applied-nginx'),
    cli: join(state, 'cli', 'current'),
    scratch: join(state, 'tmp'),
  }
}

export type Paths = ReturnType<typeof pathsOf>
