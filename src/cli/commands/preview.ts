import type { z } from 'zod'
import { type planRequestSchema, planViewSchema } from '../../director/protocol.ts'
import { EXIT, type ExitCode, exitCodeOf } from '../exit-codes.ts'
import { planLines } from '../plan-lines.ts'
import type { Session } from '../session.ts'

/** `--dry-run`: shows the plan that would run, and changes nothing. Ends as the verb would be refused. */
export async function preview(
  session: Session,
  request: z.input<typeof planRequestSchema>,
): Promise<ExitCode> {
  const { screen, isJson } = session
  const plan = await session.post(planViewSchema, '/v1/plan', request)
  if (isJson) screen.json({ plan })
  else for (const line of planLines(plan, screen)) screen.line(line)
  if (plan.mayStart) return EXIT.done
  const codes = plan.findings.flatMap(({ outcome, code }) => (outcome === 'refused' && code ? [code] : []))
  // What refuses the verb itself, before a release would run its checks.
  const first = (['busy', 'frozen'] as const).find((code) => codes.includes(code)) ?? codes[0]
  return first === undefined ? EXIT.failedSafe : exitCodeOf(first)
}
