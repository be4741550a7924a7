import type { Source } from '../../release/release.ts'
import type { Finding } from '../preflight.ts'
import type { Project } from '../project.ts'
import { configRulesFinding } from './config-rules.ts'
import { isEndless } from './our-addresses.ts'
import { proxyFileFinding } from './proxy-file.ts'
import { readerOf } from './source-reader.ts'

/** What of the app comes before the console and the status route, and may keep them from answering. */
export async function addressFindings(
  project: Project,
  source: Source,
  signal: AbortSignal,
): Promise<Finding[]> {
  const read = await readerOf(project, source, signal)
  if (read === null) return []
  const looks = [proxyFileFinding(read), configRulesFinding(read)]
  const found = await Promise.all(looks.map((look) => look.catch(nothingIfEndless)))
  return found.filter((finding) => finding !== null)
}

/** The health check sees what it does. */
function nothingIfEndless(cause: unknown): null {
  if (isEndless(cause)) return null
  throw cause
}
