/** Where the release director listens, as seen from inside a slot. */
export function directorSocketPath(): string {
  return process.env.SWITCHYARD_SOCKET ?? '/run/switchyard/director.sock'
}
