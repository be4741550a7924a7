import assert from 'node:assert/strict'
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ADA, headersFrom, opened, signIn, stateDirectory } from '../../../test/fixtures/identity.ts'
import { openIdentity } from './identity.ts'

const DAMAGES: [name: string, damage: (path: string) => void][] = [
  ['nonsense', (path) => writeFileSync(path, 'There is nothing here.\n'.repeat(2_000))],
  ['cut short', (path) => truncateSync(path, 8_192)],
  [
    'overwritten',
    (path) => {
      const bytes = readFileSync(path)
      bytes.fill(0xa5, 4_096)
      writeFileSync(path, bytes)
    },
  ],
]

for (const [name, damage] of DAMAGES) {
  test(`an identity database that is ${name} is put aside, and a set-up link makes an operator again`, async (context) => {
    const said = context.mock.method(console, 'error', () => undefined)
    const stateDir = stateDirectory()
    const former = await openIdentity({ stateDir })
    await former.claimSetup({ token: former.issueSetupLink().token, ...ADA }, headersFrom())
    assert.equal(former.isSetUp(), true)
    former.close()
    damage(join(stateDir, 'identity.db'))
    const identity = await opened({ stateDir })
    assert.equal(identity.isSetUp(), false)
    assert.match(
      String(said.mock.calls[0]?.arguments[0]),
      /identity\.db could not be used: .+ who may sign in was begun anew: `switchyard setup-link` makes an operator\.$/,
    )
    assert.ok(readdirSync(join(stateDir, 'quarantine')).some((file) => file.startsWith('identity.db-')))
    await identity.claimSetup({ token: identity.issueSetupLink().token, ...ADA }, headersFrom())
    assert.equal((await signIn(identity, { email: ADA.email, password: ADA.password })).status, 200)
  })
}
