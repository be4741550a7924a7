import { EXIT } from '../../../src/cli/exit-codes.ts'
import type { Fault } from '../fault.ts'

const ACCEPTED = 202
const CONFLICT = 409

/** The console's deploy comes over the slots' socket with an operator's session; the CLI's over the host's. */
export const secondDeploy: Fault = {
  name: 'second-deploy',
  title: 'a second deploy from the console and one from the CLI at once',
  isHarmless: () => true,
  when: 'after',
  strike: async ({ rig, verb, ended }) => {
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
    // A rollback that was quicker keeps machines from deploying.
    const isFrozen = verb === 'rollback' && code === EXIT.frozen
    if (code !== EXIT.busy && code !== EXIT.done && !isFrozen)
      violations.push(`The CLI's deploy ended with ${code}: ${output}`)
    return { violations }
  },
}
