// @ts-check
'use strict'

// What every slot is started with: `node --require main.cjs`, named in NODE_OPTIONS by compose. It stands in a directory
// that is named by its hash, and serves apps on Node 18 and later that know nothing of it, so it needs nothing but Node
// and never throws. In a process that takes no HTTP requests (npm, a build's worker, Docker's health check) it does no more
// than to wait for one.
try {
  if (require('node:worker_threads').isMainThread) {
    require('./install.cjs').install()
    require('./addresses.cjs').settleAddresses()
  }
} catch (cause) {
  console.error('What Switchyard adds to this slot could not be started:', cause)
}
