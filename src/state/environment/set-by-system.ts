/** What each slot is given by docker-compose.release.yml. A line that says the same changes nothing. */
const OF_SLOTS: Readonly<Record<string, string | null>> = {
  PORT: '3000',
  HOSTNAME: '0.0.0.0',
  KEEP_ALIVE_TIMEOUT: '75000',
  SLOT: null,
  // Of the image: the slot's own server and drain depend on it.
  NEXT_MANUAL_SIG_HANDLE: '1',
}

/** What each build is given by Dockerfile.runtime. */
const OF_BUILDS: Readonly<Record<string, string | null>> = {
  DEPLOYMENT_ID: null,
  NEXT_DEPLOYMENT_ID: null,
  BUILD_CPUS: null,
}

export const ENVIRONMENT_FILES = { 'app.env': OF_SLOTS, 'app.build.env': OF_BUILDS } as const

export type EnvironmentFileName = keyof typeof ENVIRONMENT_FILES

const OWN_PREFIX = 'SWITCHYARD_'

/** Whether `name` is one that the system gives each slot or build, whatever the file says. */
export const isNameOfSystem = (file: EnvironmentFileName, name: string): boolean =>
  name.startsWith(OWN_PREFIX) || Object.hasOwn(ENVIRONMENT_FILES[file], name)

/** Whether the system sets `name` itself, so that another value would be lost, or worse kept. */
export const isSetBySystem = (file: EnvironmentFileName, name: string, value: string): boolean =>
  isNameOfSystem(file, name) && ENVIRONMENT_FILES[file][name] !== value
