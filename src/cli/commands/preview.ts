import type { z } from 'zod'
import { type planRequestSchema, planViewSchema } from '../../director/protocol.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { planLines } from '../plan-lines.ts'
import type { Session } from '../session.ts'

/** `--dry-run`: shows the plan that would run, and changes nothing. */
export async function preview(
  session: Session,
  request: z.input<typeof planRequestSchema>,
): Promise<ExitCode> {
  const { screen, isJson } = session
  const plan = await session.post(planViewSchema, '/v1/plan', request)
  if (isJson) screen.json({ plan })
  else for (const line of planLines(plan, screen)) screen.line(line)
  return plan.mayStart ? EXIT.done : EXIT.failedSafe
}
