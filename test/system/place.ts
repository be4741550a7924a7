import Docker from 'dockerode'

/** Where a test system runs: on this machine, or on one that a rig has made inside it. */
export type Place = {
  docker: Docker
  /** Where this process reaches the ports that containers publish. */
  address: string
  /** The argv with which a program is run there, in `cwd`. */
  within(argv: readonly string[], cwd: string): readonly string[]
}

export const thisMachine: Place = {
  docker: new Docker(),
  address: '127.0.0.1',
  within: (argv) => argv,
}
