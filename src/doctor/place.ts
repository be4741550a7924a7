import type Docker from 'dockerode'
import type { Paths } from '../setup/paths.ts'

/** Where the doctor looks: one clone, and the Docker of its host. */
/** `commandPrefix`: where the host's own command is installed. */
export type Place = { paths: Paths; docker: Docker; commandPrefix: string }
