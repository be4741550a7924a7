// @ts-check
'use strict'

const { leadToBasePath } = require('./base-path.cjs')
const { isExchange, subscribe } = require('./install.cjs')
const { takeVisitorsAddress } = require('./own-address.cjs')
const { answerOwnRequests } = require('./own-requests.cjs')
const { rememberVisitor } = require('./visitor.cjs')

/**
 * Lets the app know itself by its visitors' address, and answers at our own addresses wherever it puts its pages. Before the
 * framework is loaded, so only where this is a preload.
 */
function settleAddresses() {
  takeVisitorsAddress()
  answerOwnRequests()
  subscribe('http.server.request.start', (message) => {
    if (!isExchange(message)) return
    try {
      rememberVisitor(message.request)
      leadToBasePath(message)
    } catch (cause) {
      console.error('Switchyard could not settle an address:', cause)
    }
  })
}

module.exports = { settleAddresses }
