import { type SystemOptions, systemAt, type TestSystem } from '../test/system/system.ts'

/** The system that the browser tests share: its own project, ports and network, beside any live one. */
export const E2E_SYSTEM: SystemOptions = {
  name: 'switchyard-e2e',
  httpPort: 8480,
  networkPrefix: '172.30.81',
  // A test that has the live slot hang wants to roll back by itself.
  settings: { WARM_UP_PATHS: '/,/skew/isr,/skew/cached', FAILOVER_SECONDS: '0' },
}

export const e2eSystem = (): TestSystem => systemAt(E2E_SYSTEM)

export const OPERATOR = { name: 'Ada', email: 'ada@example.org', password: 'a long enough password' } as const

/** For work on the tests themselves. */
export const isKept = process.env.KEEP_SYSTEM === '1'

/** Environment variable with the path of the one-time link that `npm run up` printed; workers inherit it. */
export const PRINTED_LINK = 'SWITCHYARD_PRINTED_LINK'
