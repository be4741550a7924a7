// The tiny slot of the benchmark: as little work as a request can be, and what every way to switch is asked about.
// POST /_bench/record begins to note when requests arrive, GET /_bench/arrivals answers with them and forgets them.
import { createHash } from 'node:crypto'
import http from 'node:http'
import { WebSocketServer } from 'ws'

const { SLOT: slot = 'primary', SWITCHYARD_RELEASE: release = '0', PORT: port = '3000' } = process.env
const MAX_BODY_BYTES = 1024 * 1024
const MAX_ARRIVALS = 200_000
const EVENT_EVERY_MS = 1_000
const DRAIN_CAP_MS = 25_000
const CLOSE_IDLE_EVERY_MS = 50
const startedMs = Date.now()
const PAGE = Buffer.from(
  `<!doctype html><html lang="en"><title>${slot}</title>${'<p>tiny</p>'.repeat(80)}</html>`,
)

const eventStreams = new Set()
let inFlight = 0
let isDraining = false
let arrivals = null

/** One clock for all processes of a host: CLOCK_MONOTONIC. */
const nowMs = () => Number(process.hrtime.bigint()) / 1e6

function json(response, status, body) {
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-served-by': slot,
  })
  response.end(JSON.stringify(body))
}

function page(_request, response) {
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': PAGE.length,
    'x-served-by': slot,
  })
  response.end(PAGE)
}

function echo(request, response) {
  const hash = createHash('sha256')
  let bytes = 0
  request.on('data', (chunk) => {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) request.destroy()
    else hash.update(chunk)
  })
  request.on('end', () => json(response, 200, { bytes, sha256: hash.digest('hex') }))
}

function slow(_request, response, url) {
  const ms = Math.min(Number(url.searchParams.get('ms')) || 0, 60_000)
  const timer = setTimeout(() => json(response, 200, { slot, tookMs: ms }), ms)
  response.once('close', () => clearTimeout(timer))
}

function events(_request, response) {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
    'x-served-by': slot,
  })
  const send = () => response.write(`data: ${slot}\n\n`)
  send()
  const timer = setInterval(send, EVENT_EVERY_MS)
  eventStreams.add(response)
  response.once('close', () => {
    clearInterval(timer)
    eventStreams.delete(response)
  })
}

function status(_request, response) {
  json(response, isDraining ? 503 : 200, {
    status: isDraining ? 'draining' : 'operational',
    timestamp: new Date().toISOString(),
    version: 'bench',
    slot,
    release: Number(release),
    deploymentId: null,
    uptimeSeconds: (Date.now() - startedMs) / 1000,
    inFlight,
    inFlightByKind: { request: inFlight, upload: 0, stream: eventStreams.size + sockets.clients.size },
    checks: {},
  })
}

function record(_request, response) {
  arrivals = {}
  json(response, 200, {})
}

function takeArrivals(_request, response) {
  json(response, 200, arrivals ?? {})
  arrivals = null
}

const ROUTES = new Map([
  ['/echo', echo],
  ['/slow', slow],
  ['/sse', events],
  ['/api/system/status', status],
  ['/_bench/record', record],
  ['/_bench/arrivals', takeArrivals],
])

const server = http.createServer((request, response) => {
  const url = request.url === '/' ? null : new URL(request.url ?? '/', 'http://slot')
  const route = url === null ? page : (ROUTES.get(url.pathname) ?? page)
  if (route === page || route === echo || route === slow) {
    if (arrivals !== null && url !== null) {
      arrivals[url.pathname] ??= []
      if (arrivals[url.pathname].length < MAX_ARRIVALS) arrivals[url.pathname].push(nowMs())
    }
    inFlight++
    response.once('close', () => inFlight--)
  }
  route(request, response, url)
})
server.keepAliveTimeout = 75_000

const sockets = new WebSocketServer({ noServer: true })
server.on('upgrade', (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (client) => {
    client.on('message', (data) => client.send(String(data)))
    client.on('error', () => client.terminate())
  })
})

// As every slot of Switchyard: what is in flight is finished, streams are told to reconnect.
process.once('SIGTERM', () => {
  isDraining = true
  server.close(() => process.exit(143))
  for (const response of eventStreams) response.end('event: reconnect\ndata: the slot stops\n\n')
  for (const client of sockets.clients) client.close(1012, 'the slot stops')
  // Connections fall idle one by one, and each that is kept alive would keep the process.
  setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS)
  setTimeout(() => process.exit(1), DRAIN_CAP_MS).unref()
})

server.listen(Number(port), '0.0.0.0')
