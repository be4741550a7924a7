import type Docker from 'dockerode'
import type { Paths } from '../setup/paths.ts'

/** Where the doctor looks: one clone, and the Docker of its host. */
export type Place = { paths: Paths; docker: Docker }
