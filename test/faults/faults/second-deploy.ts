import type { Fault } from '../fault.ts'

const DONE = 0
const BUSY = 75
const ACCEPTED = 202
const CONFLICT = 409

/** The console's deploy comes over the slots' socket with an operator's session; the CLI's over the host's. */
export const secondDeploy: Fault = {
  name: 'second-deploy',
  title: 'a second deploy from the console and one from the CLI at once',
  isHarmless: () => true,
  when: 'after',
  strike: async ({ rig, ended }) => {
    const [image = ''] = rig.builds
    const both = Promise.all([
      rig.console.deploy(image),
      rig.system.cli('deploy', '--image', image, '--despite-freeze'),
    ])
    rig.breakpoints.go()
    const [status, { code, output }] = await both
    await ended()
    const violations = []
    // Those that come when the release has just ended are releases of their own, one at a time.
    if (status !== CONFLICT && status !== ACCEPTED)
      violations.push(`The console's deploy was answered ${status}.`)
    if (code !== BUSY && code !== DONE) violations.push(`The CLI's deploy ended with ${code}: ${output}`)
    return { violations }
  },
}
