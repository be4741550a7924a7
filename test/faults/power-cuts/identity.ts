import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { openIdentity } from '../../../src/director/identity/identity.ts'
import { headersFrom, rowsOf, withCookies } from '../../fixtures/identity.ts'
import { bad, fewer, subject } from './subject.ts'

const ENTRIES_BETWEEN = 20
const PASSWORD = 'correct horse battery'

const stateIn = (root: string): string => join(root, 'state')

/** The audit record, and now and then an operator who claims a set-up link and is signed in from then on. */
export const identity = subject({
  word: z.union([
    z.object({ entries: z.number() }),
    z.object({ email: z.string(), cookies: z.array(z.string()) }),
  ]),
  prepare: async (root) => {
    mkdirSync(join(stateIn(root), 'secrets'), { recursive: true })
    writeFileSync(join(stateIn(root), 'secrets', 'auth.key'), 'b7e1d0c94af25386b7e1d0c94af25386\n', {
      flush: true,
    })
  },
  write: async (root, acknowledge, pause) => {
    const open = await openIdentity({ stateDir: stateIn(root) })
    let entries = entriesIn(root)
    for (;;) {
      const email = `ada-${entries}@example.org`
      const request = { token: open.issueSetupLink().token, name: 'Ada', email, password: PASSWORD }
      const { setCookies } = await open.claimSetup(request, headersFrom())
      acknowledge({ email, cookies: setCookies })
      entries += 1
      for (let entry = 0; entry < ENTRIES_BETWEEN; entry++) {
        open.audit({
          actor: { kind: 'operator', name: 'Ada' },
          verb: 'deploy',
          release: entry,
          headers: headersFrom(),
        })
        entries += 1
        acknowledge({ entries })
        await pause()
      }
    }
  },
  check: async (root, words) => {
    const open = await openIdentity({ stateDir: stateIn(root) })
    try {
      const damage = fewer('entry', entriesIn(root), words.findLast((word) => 'entries' in word)?.entries)
      for (const word of words) {
        if ('entries' in word) continue
        const operator = await open.operatorOf(withCookies(word.cookies))
        if (operator?.email !== word.email)
          damage.push({ kind: 'lost', words: `${word.email} is not signed in` })
      }
      const [integrity] = rowsOf(stateIn(root), 'PRAGMA integrity_check')
      return integrity?.integrity_check === 'ok'
        ? damage
        : [...damage, ...bad(`identity.db says ${integrity}`)]
    } finally {
      open.close()
    }
  },
})

function entriesIn(root: string): number {
  return Number(rowsOf(stateIn(root), 'SELECT count(*) AS entries FROM audit')[0]?.entries)
}
