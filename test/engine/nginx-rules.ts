import type { RoutingState } from '../../src/release/ports.ts'
import type { Slot } from '../../src/release/slot.ts'
import { type Ask, DEPLOYMENT_IDS } from './nginx-rig.ts'

/** A request, and what it shows of nginx/*.conf, whose directives are named as `nginx-directives.ts` does. */
export type Row = {
  shows: readonly string[]
  says: string
  routing?: Partial<Omit<RoutingState, 'generation'>>
  /** A path and what to send; `at` is nginx's internal port, or the port that is published on the host. */
  ask: Ask & { path: string; at?: 'internal' | 'published' }
  is: Expected
}

/** `null` means that there is no such header; what is not named may be anything. */
export type Expected = {
  status?: number
  /** Whose answer it is; null: nobody's but nginx's. */
  by?: Slot | null
  headers?: Readonly<Record<string, string | RegExp | null>>
  body?: RegExp
  /** What the slot was sent. */
  sees?: Readonly<Record<string, string | RegExp | null>>
  url?: string
}

const OLD = DEPLOYMENT_IDS.secondary
const PINS = [
  { deploymentId: DEPLOYMENT_IDS.primary, slot: 'primary' },
  { deploymentId: DEPLOYMENT_IDS.secondary, slot: 'secondary' },
] as const
const VISITOR = '0123456789abcdef0123456789abcdef'
const HTML = { accept: 'text/html,application/xhtml+xml' }
const JSON_ONLY = { accept: 'application/json' }
const TOO_LARGE = { 'content-length': String(10 * 1024 * 1024 + 1) }
const PLAIN_WORDS = 'What was sent is larger than this site accepts. Send something smaller.'

const BROKEN_ADDRESS =
  /^<!doctype html>.*<h1>This address is not right<\/h1>\s*<p>This request can not be understood: its address or one of its headers is malformed\. Check the address, then try again\.<\/p>/s

const page = (headers: Record<string, string> = {}, more: Ask = {}) => ({ path: '/page', headers, ...more })

const ROUTING: readonly Row[] = [
  {
    shows: [
      'location /',
      'quick_target.conf: if (-x $look/live-primary)',
      'upstream primary',
      'upstream primary: server',
    ],
    says: 'the live slot answers',
    ask: page(),
    is: { status: 200, by: 'primary', headers: { 'set-cookie': null } },
  },
  {
    shows: [
      'quick_target.conf: if (-x $look/live-secondary)',
      'upstream secondary',
      'upstream secondary: server',
    ],
    says: 'and so does the other one where that is live',
    routing: { live: 'secondary' },
    ask: page(),
    is: { status: 200, by: 'secondary' },
  },
  {
    shows: [
      'upstream_target.conf: if (-f $generation/live-primary)',
      'upstream_target.conf: if ($realpath_root ~ "^(?<whole_root>.+)$")',
    ],
    says: 'a request that names a build which nobody runs goes to the live slot',
    ask: page({ 'x-deployment-id': 'b9-fffffff' }),
    is: { by: 'primary' },
  },
  {
    shows: ['upstream_target.conf: if (-f $generation/live-secondary)'],
    says: 'whichever that is',
    routing: { live: 'secondary' },
    ask: page({ 'x-deployment-id': 'b9-fffffff' }),
    is: { by: 'secondary' },
  },
  {
    shows: [
      'upstream_target.conf: if (-f $generation/dpl-$deployment_id-secondary)',
      'quick_target.conf: if ($deployment_id != "")',
      'map $http_x_deployment_id $deployment_id',
    ],
    says: 'a tab stays with the slot of its build, by header',
    routing: { pins: PINS },
    ask: page({ 'x-deployment-id': OLD }),
    is: { by: 'secondary' },
  },
  {
    shows: ['upstream_target.conf: if (-f $generation/dpl-$deployment_id-primary)'],
    says: 'in the other direction too',
    routing: { live: 'secondary', pins: PINS },
    ask: page({ 'x-deployment-id': DEPLOYMENT_IDS.primary }),
    is: { by: 'primary' },
  },
  {
    shows: ['map $arg_dpl $id_by_query'],
    says: 'a tab stays with the slot of its build, by query',
    routing: { pins: PINS },
    ask: { path: `/_next/image?url=%2Fa.png&dpl=${OLD}` },
    is: { by: 'secondary' },
  },
  {
    shows: ['map $http_x_deployment_id $deployment_id'],
    says: 'the header counts before the query',
    routing: { pins: PINS },
    ask: { path: `/page?dpl=${DEPLOYMENT_IDS.primary}`, headers: { 'x-deployment-id': OLD } },
    is: { by: 'secondary' },
  },
  {
    shows: ['map $http_x_deployment_id $deployment_id'],
    says: 'a header that is no id is no word about the build, and neither is a query beside it',
    routing: { pins: PINS },
    ask: { path: `/page?dpl=${OLD}`, headers: { 'x-deployment-id': `../${OLD}` } },
    is: { by: 'primary' },
  },
  ...['../gen-1/live', `${OLD}/../${OLD}`, `${OLD}%00`, `${OLD} `, 'a'.repeat(65), 'ü', '.', ';'].map(
    (id): Row => ({
      shows: ['map $arg_dpl $id_by_query'],
      says: `?dpl=${id} is no id`,
      routing: { pins: PINS },
      ask: { path: `/page?dpl=${encodeURI(id)}` },
      is: { status: 200, by: 'primary' },
    }),
  ),
  {
    shows: ['upstream_target.conf: if (-f $generation/b$visitor_bucket-secondary)'],
    says: 'with a share of 100 everybody gets the other slot',
    routing: { shares: { secondary: 100 } },
    ask: page(),
    is: { by: 'secondary' },
  },
  {
    shows: ['upstream_target.conf: if (-f $generation/b$visitor_bucket-primary)'],
    says: 'in the other direction too',
    routing: { live: 'secondary', shares: { primary: 100 } },
    ask: page(),
    is: { by: 'primary' },
  },
  {
    shows: [
      'upstream_target.conf: if (-f $generation/canary)',
      'map $cookie_switchyard_visitor $new_visitor_cookie',
      'to_slot.conf: add_header Set-Cookie',
    ],
    says: 'a new visitor gets a cookie while there is a share',
    routing: { shares: { secondary: 1 } },
    ask: page(),
    is: {
      headers: {
        'set-cookie': /^switchyard_visitor=[0-9a-f]{32}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/,
      },
    },
  },
  {
    shows: [
      'map $cookie_switchyard_visitor $new_visitor_cookie',
      'map $cookie_switchyard_visitor $visitor_id',
    ],
    says: 'who has one keeps it, and the bucket that it stands for',
    routing: { shares: { secondary: 50 } },
    ask: page({ cookie: `a=b; switchyard_visitor=${VISITOR}` }),
    is: { by: 'secondary', headers: { 'set-cookie': null } },
  },
  {
    shows: ['split_clients $visitor_id $visitor_bucket'],
    says: 'the same visitor is outside of a smaller share',
    routing: { shares: { secondary: 5 } },
    ask: page({ cookie: `switchyard_visitor=${VISITOR}` }),
    is: { by: 'primary' },
  },
  {
    shows: ['map $cookie_switchyard_visitor $visitor_id'],
    says: 'a cookie that nginx never gave is replaced',
    routing: { shares: { secondary: 5 } },
    ask: page({ cookie: 'switchyard_visitor=00' }),
    is: { headers: { 'set-cookie': /^switchyard_visitor=[0-9a-f]{32};/ } },
  },
  {
    shows: ['upstream_target.conf: if (-f $generation/dpl-$deployment_id-primary)'],
    says: 'a tab’s build counts before a share',
    routing: { pins: PINS, shares: { secondary: 100 } },
    ask: page({ 'x-deployment-id': DEPLOYMENT_IDS.primary }),
    is: { by: 'primary' },
  },
  {
    shows: [
      'location /: if ($slot = "")',
      'map "$status $was_sent $args" $error_what',
      'map "$status $args" $retry_seconds',
    ],
    says: 'without a live slot there is a page, not a guess',
    routing: { live: null },
    ask: page(HTML),
    is: {
      status: 503,
      by: null,
      headers: { 'retry-after': '5', 'cache-control': 'no-store' },
      body: /<p>No part of the site is ready to answer\. Try again in a few seconds\.<\/p>/,
    },
  },
  {
    shows: ['location @static_from_slot: if ($slot = "")'],
    says: 'also for a static file that no kept build has',
    routing: { live: null },
    ask: { path: '/_next/static/none.js' },
    is: { status: 503, by: null },
  },
  {
    shows: ['location ~ ^/(?:ops|api/ops)(?:/|$): if ($slot = "")'],
    says: 'also for the console',
    routing: { live: null },
    ask: { path: '/ops' },
    is: { status: 503, by: null },
  },
  ...['/ops', '/api/ops/status?via=other'].map(
    (path): Row => ({
      shows: ['location ~ ^/(?:ops|api/ops)(?:/|$): if (-f $generation/console-primary)'],
      says: `${path} is asked of the only slot with a console, live or not`,
      routing: { live: 'secondary', console: 'primary' },
      ask: { path },
      is: { status: 200, by: 'primary' },
    }),
  ),
  {
    shows: ['location = /_next/image: if ($slot = "")'],
    says: 'also for a picture in another size',
    routing: { live: null },
    ask: { path: '/_next/image?url=%2Fa.png' },
    is: { status: 503, by: null },
  },
  {
    shows: [
      'location = /api/system/status',
      'map "$upstream_http_cache_control|$upstream_http_content_type|$uri" $cache_control',
    ],
    says: 'the status route is the live slot’s, whatever the visitor is, and is not kept',
    routing: { pins: PINS, shares: { secondary: 100 } },
    ask: { path: `/api/system/status?dpl=${OLD}` },
    is: { status: 200, by: 'primary', headers: { 'cache-control': 'no-store' } },
  },
  {
    shows: ['location = /api/system/status'],
    says: 'and the other slot’s where that is live',
    routing: { live: 'secondary' },
    ask: { path: '/api/system/status' },
    is: { status: 200, by: 'secondary' },
  },
  {
    shows: ['location = /api/system/status: if ($live_slot = "")'],
    says: 'the status route says that nothing is live',
    routing: { live: null },
    ask: { path: '/api/system/status' },
    is: { status: 503, by: null, headers: { 'content-type': 'application/json; charset=utf-8' } },
  },
  {
    shows: ['location /'],
    says: 'a path that only looks like the status route is the site’s',
    routing: { shares: { secondary: 100 } },
    ask: { path: '/api/system/status/' },
    is: { by: 'secondary' },
  },
]

const TO_THE_SLOT: readonly Row[] = [
  {
    shows: [
      'to_slot.conf: proxy_set_header Host',
      'to_slot.conf: proxy_set_header X-Forwarded-Host',
      'map $http_host $asked_host',
    ],
    says: 'every Host is served, and told to the slot with its port: which names are right is the app’s affair',
    ask: page({ host: 'never-heard-of.example:8443' }),
    is: {
      status: 200,
      sees: { host: 'never-heard-of.example:8443', 'x-forwarded-host': 'never-heard-of.example:8443' },
    },
  },
  {
    shows: [
      'to_slot.conf: proxy_set_header X-Forwarded-Host',
      'to_slot.conf: proxy_set_header X-Forwarded-Port',
    ],
    says: 'what a visitor says of the host is not passed on',
    ask: page({ host: 'a.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-port': '1' }),
    is: { sees: { 'x-forwarded-host': 'a.example', 'x-forwarded-port': null } },
  },
  {
    shows: [
      'to_slot.conf: proxy_set_header X-Forwarded-For',
      'to_slot.conf: proxy_set_header X-Real-IP',
      'to_slot.conf: proxy_set_header Forwarded',
    ],
    says: 'nor what it says of its address',
    ask: page({ 'x-forwarded-for': '6.6.6.6', 'x-real-ip': '6.6.6.6', forwarded: 'for=6.6.6.6' }),
    is: {
      sees: { 'x-forwarded-for': /^172\.30\.\d+\.1$/, 'x-real-ip': /^172\.30\.\d+\.1$/, forwarded: null },
    },
  },
  {
    shows: [
      'to_slot.conf: proxy_set_header X-Forwarded-Proto',
      'geo $realip_remote_addr $comes_from_terminator',
      'map "$comes_from_terminator $http_x_forwarded_proto" $visitor_scheme',
    ],
    says: 'nor what it says of TLS',
    ask: page({ 'x-forwarded-proto': 'https' }),
    is: { sees: { 'x-forwarded-proto': 'http' } },
  },
  {
    shows: ['to_slot.conf: proxy_set_header X-Request-Id'],
    says: 'the request has nginx’s own id',
    ask: page({ 'x-request-id': 'mine' }),
    is: { sees: { 'x-request-id': /^[0-9a-f]{32}$/ } },
  },
  ...['X-Switchyard-User', 'X-Switchyard-Protocol', 'X-Middleware-Subrequest', 'Proxy'].map(
    (name): Row => ({
      shows: [`to_slot.conf: proxy_set_header ${name}`],
      says: `no visitor may send ${name}`,
      ask: page({ [name.toLowerCase()]: 'anything' }),
      is: { status: 200, sees: { [name.toLowerCase()]: null } },
    }),
  ),
  {
    shows: [
      'to_slot.conf: proxy_set_header Upgrade',
      'to_slot.conf: proxy_set_header Connection',
      'map $http_upgrade $upgrade_to_slot',
      'map $upgrade_to_slot $connection_to_slot',
    ],
    says: 'no upgrade is passed on but to a WebSocket, and the connection to the slot is kept',
    ask: page({ connection: 'upgrade, keep-alive', upgrade: 'h2c' }),
    is: { sees: { upgrade: null, connection: /^(keep-alive)?$/ } },
  },
  {
    shows: ['location /'],
    says: 'what is meant for the next hop alone ends at nginx',
    ask: page({ te: 'trailers', 'keep-alive': 'timeout=5', connection: 'keep-alive, x-hop', 'x-hop': '1' }),
    is: { status: 200, sees: { te: null, 'keep-alive': null, connection: /^(keep-alive)?$/ } },
  },
  ...[
    '/a%2Fb/c%20d?x=1&y=%20',
    '//double//slash',
    '/a/..;/b',
    '/%2e%2e;/x',
    '/.%00x',
    '/a\\b',
    '/\'"<>?q=\'"<>',
  ].map(
    (path): Row => ({
      shows: ['location /'],
      says: `${path} reaches the slot as it was written, or nobody`,
      ask: { path },
      is: path.includes('%00') ? { status: 400, by: null } : { status: 200, by: 'primary', url: path },
    }),
  ),
  ...['/../etc/passwd', '/%2e%2e/etc/passwd', '/a/../../b'].map(
    (path): Row => ({
      shows: ['location /'],
      says: `${path} leads out of the site, so nobody gets it`,
      ask: { path },
      is: { status: 400, by: null },
    }),
  ),
  ...['/%ff', '/a/%c0%af', '/%ed%a0%80', '/%f4%90%80%80', '/%e2%82'].map(
    (path): Row => ({
      shows: ['proxy.conf: if ($is_refused)', 'map "$host|$http_host|$uri" $is_refused'],
      says: `${path} is no text, so nobody gets it`,
      ask: { path, headers: HTML },
      is: { status: 400, by: null, body: BROKEN_ADDRESS },
    }),
  ),
  {
    shows: ['map "$host|$http_host|$uri" $is_refused'],
    says: 'letters of any script reach the slot',
    ask: { path: '/%C3%A4%E2%82%AC%F0%9F%9A%82%E4%BA%AC' },
    is: { status: 200, by: 'primary', url: '/%C3%A4%E2%82%AC%F0%9F%9A%82%E4%BA%AC' },
  },
  ...['a b', 'a/b', 'a..b', '[::1', 'a:99999', 'a\\b', 'a%41', 'a,b', '<script>', 'x'.repeat(300)].map(
    (host): Row => ({
      shows: ['proxy.conf: if ($is_refused)', 'error_pages.conf: error_page'],
      says: `no site has the host ${host.slice(0, 10)}`,
      ask: page({ ...HTML, host }),
      is: { status: 400, by: null, body: /^<!doctype html>.*<h1>This address is not right<\/h1>/s },
    }),
  ),
  ...['shop.test', 'SHOP.test:8443', 'my_app.local', '[::1]:8080', '203.0.113.7', 'shop.test.'].map(
    (host): Row => ({
      shows: ['map "$host|$http_host|$uri" $is_refused'],
      says: `a site may have the host ${host}`,
      ask: page({ host }),
      is: { status: 200, by: 'primary', sees: { host } },
    }),
  ),
  {
    shows: ['proxy.conf: if ($is_refused)'],
    says: 'an address of another host than its Host says is refused',
    ask: { path: 'http://evil.test/page', headers: { host: 'shop.test', ...JSON_ONLY } },
    is: {
      status: 400,
      by: null,
      body: /^\{"error":\{"code":"bad-request","what":"This request can not be understood: its address or one of its headers is malformed\.","live":"","next":"Check the address, then try again\."/,
    },
  },
  {
    shows: ['map "$host|$http_host|$uri" $is_refused'],
    says: 'an address that names its own host is a path of it',
    ask: { path: 'http://shop.test:8080/page', headers: { host: 'shop.test:8080' } },
    is: { status: 200, by: 'primary', url: '/page' },
  },
  ...['/%zz', '/%', '*', 'page'].map(
    (path): Row => ({
      shows: ['error_pages.conf: error_page', 'map $http_host $refused_format'],
      says: `${path} is no address, and there is a page that says so`,
      ask: { path },
      is: { status: 400, by: null, body: BROKEN_ADDRESS },
    }),
  ),
  ...['OPTIONS', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'].map(
    (method): Row => ({
      shows: ['location /'],
      says: `${method} is the app’s to answer`,
      ask: page({}, { method }),
      is: { status: 200, by: 'primary', body: new RegExp(`"method":"${method}"`) },
    }),
  ),
  {
    shows: ['location /'],
    says: 'HEAD is answered without a body',
    ask: page({}, { method: 'HEAD' }),
    is: { status: 200, by: 'primary', body: /^$/ },
  },
  {
    shows: ['proxy.conf: server'],
    says: 'TRACE is refused by nginx',
    ask: page({}, { method: 'TRACE' }),
    is: { status: 405, by: null },
  },
]

/** One request for each location that passes requests on: headers are inherited only where a location has none of its own. */
const LOCATIONS: readonly { location: string; ask: Row['ask']; routing?: Row['routing']; by?: Slot }[] = [
  { location: 'location /', ask: { path: '/page' } },
  { location: 'location @uploaded', ask: { path: '/page', method: 'POST', body: 'x' } },
  { location: 'location = /_next/image', ask: { path: '/_next/image?url=%2Fa.png' } },
  { location: 'location @stream', ask: { path: '/page', headers: { accept: 'text/event-stream' } } },
  { location: 'location ~ ^/(?:ops|api/ops)(?:/|$)', ask: { path: '/ops' }, routing: { up: ['primary'] } },
  { location: 'location @ops_read', ask: { path: '/ops' } },
  { location: 'location @ops_follow', ask: { path: '/api/ops/logs' } },
  { location: 'location @ops_send', ask: { path: '/api/ops/deploy', method: 'POST', body: '{}' } },
  { location: 'location @ops_other', ask: { path: '/api/ops/status?via=other' }, by: 'secondary' },
]

const EVERY_LOCATION: readonly Row[] = LOCATIONS.map(({ location, ask, routing = {}, by = 'primary' }) => ({
  shows: [location],
  says: `what goes through ${location} is cleaned and gets its headers too`,
  routing,
  ask: { ...ask, headers: { ...ask.headers, 'x-switchyard-user': 'root', 'x-forwarded-for': '6.6.6.6' } },
  is: {
    ...{ status: 200, by },
    headers: {
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'strict-origin-when-cross-origin',
      'x-request-id': /^[0-9a-f]{32}$/,
    },
    sees: { 'x-switchyard-user': null, 'x-forwarded-for': /^172\.30\.\d+\.1$/, 'x-forwarded-proto': 'http' },
  },
}))

const ANSWERS: readonly Row[] = [
  {
    shows: ['location @static_from_slot'],
    says: 'a static file that only a slot has comes from there, with its headers',
    ask: { path: '/_next/static/none.js' },
    is: {
      ...{ status: 404, by: 'primary' },
      headers: { 'x-content-type-options': 'nosniff', 'cache-control': null },
      body: /"from":"slot"/,
    },
  },
  {
    shows: [
      'to_slot.conf: add_header X-Content-Type-Options',
      'to_slot.conf: add_header Referrer-Policy',
      'to_slot.conf: add_header X-Frame-Options',
      'to_slot.conf: add_header Content-Security-Policy',
      'map $upstream_http_x_content_type_options $add_nosniff',
      'map $upstream_http_referrer_policy $add_referrer_policy',
      'map "$upstream_http_x_frame_options|$uri" $add_frame_options',
    ],
    says: 'an answer without security headers gets them',
    ask: page(),
    is: {
      headers: {
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'strict-origin-when-cross-origin',
        'x-frame-options': 'SAMEORIGIN',
        'content-security-policy': null,
      },
    },
  },
  {
    shows: ['to_slot.conf: add_header X-Content-Type-Options', 'to_slot.conf: add_header X-Frame-Options'],
    says: 'errors of the app too',
    ask: { path: '/says?status=500' },
    is: {
      status: 500,
      by: 'primary',
      headers: { 'x-content-type-options': 'nosniff', 'x-frame-options': 'SAMEORIGIN' },
    },
  },
  {
    shows: [
      'map "$upstream_http_content_security_policy|$uri" $add_content_security_policy',
      'map "$upstream_http_x_frame_options|$uri" $add_frame_options',
    ],
    says: 'the console may be framed by nobody',
    ask: { path: '/ops/releases' },
    is: {
      headers: {
        'x-frame-options': 'DENY',
        'content-security-policy': "frame-ancestors 'none'; base-uri 'self'; object-src 'none'",
      },
    },
  },
  {
    shows: [
      'map $upstream_http_x_content_type_options $add_nosniff',
      'map $upstream_http_referrer_policy $add_referrer_policy',
      'map "$upstream_http_x_frame_options|$uri" $add_frame_options',
      'map "$upstream_http_content_security_policy|$uri" $add_content_security_policy',
    ],
    says: 'what the app says itself stands, once',
    ask: {
      path: '/says?x-content-type-options=own&referrer-policy=origin&x-frame-options=ALLOWALL&content-security-policy=own',
    },
    is: {
      headers: {
        'x-content-type-options': 'own',
        'referrer-policy': 'origin',
        'x-frame-options': 'ALLOWALL',
        'content-security-policy': 'own',
      },
    },
  },
  {
    shows: [
      'to_slot.conf: add_header X-Served-By',
      'to_slot.conf: proxy_hide_header X-Served-By',
      'map $upstream_addr $served_by',
      'to_slot.conf: add_header X-Request-Id',
      'to_slot.conf: proxy_hide_header X-Request-Id',
      'to_slot.conf: proxy_hide_header X-Powered-By',
    ],
    says: 'nginx says who answered, and the slot has no say in it',
    ask: { path: '/says?x-served-by=secondary&x-request-id=mine&x-powered-by=Next.js' },
    is: { headers: { 'x-served-by': 'primary', 'x-request-id': /^[0-9a-f]{32}$/, 'x-powered-by': null } },
  },
  {
    shows: ['to_slot.conf: proxy_ignore_headers X-Accel-Redirect', 'location ^~ /_switchyard/: internal'],
    says: 'a slot can’t send visitors to nginx’s own files',
    ask: { path: '/says?x-accel-redirect=/_switchyard/error.txt' },
    is: { status: 200, by: 'primary', body: /^$/ },
  },
  {
    shows: [
      ...['location ^~ /_switchyard/', 'location ^~ /_switchyard/: internal'],
      'proxy.conf: if ($uri ~ ^/_switchyard/error[.])',
    ],
    says: 'nor can visitors go there',
    ask: { path: '/_switchyard/error.html' },
    is: { status: 404, by: null },
  },
  {
    shows: ['proxy.conf: if ($uri = /_switchyard/nowhere)'],
    says: 'where bodies are mirrored to there is nothing, and no slot',
    ask: { path: '/_switchyard/nowhere' },
    is: { status: 204, by: null, body: /^$/ },
  },
  {
    shows: ['location = /_switchyard/live', 'location = /_switchyard/live: add_header Cache-Control'],
    says: 'nginx says which slot is live without asking it',
    routing: { live: 'secondary' },
    ask: { path: '/_switchyard/live' },
    is: { status: 200, by: null, body: /^secondary\n$/, headers: { 'cache-control': 'no-store' } },
  },
  {
    shows: ['to_slot.conf: proxy_hide_header Cache-Control', 'to_slot.conf: add_header Cache-Control'],
    says: 'the status route has one word on how long it is kept: not at all',
    ask: { path: '/api/system/status' },
    is: { headers: { 'cache-control': 'no-store' } },
  },
  {
    shows: ['proxy.conf: server_tokens'],
    says: 'nginx does not tell its version',
    ask: page(),
    is: { headers: { server: 'nginx' } },
  },
]

const OWN_ADDRESSES = [
  'http://0.0.0.0:3000/x?a=1',
  'https://localhost:3000/x?a=1',
  'http://127.0.0.1:3000/x?a=1',
  'http://[::1]:3000/x?a=1',
  'http://0.0.0.0/x?a=1',
  'http://slot-primary:3000/x?a=1',
  'http://shop.test:3000/x?a=1',
] as const

const ADDRESSES: readonly Row[] = [
  ...OWN_ADDRESSES.map(
    (location): Row => ({
      shows: ['to_slot.conf: proxy_redirect'],
      says: `a slot that takes ${location} for the site’s address sends nobody there`,
      ask: {
        path: `/says?status=307&location=${encodeURIComponent(location)}`,
        headers: { host: 'shop.test:8080' },
      },
      is: { status: 307, headers: { location: 'http://shop.test:8080/x?a=1' } },
    }),
  ),
  ...[
    '/x',
    'https://shop.test:8080/x',
    'https://other.test/',
    'http://localhost:4000/',
    'x?y=http://0.0.0.0:3000/',
  ].map(
    (location): Row => ({
      shows: ['to_slot.conf: proxy_redirect'],
      says: `a redirect to ${location} stays as it is`,
      ask: {
        path: `/says?status=307&location=${encodeURIComponent(location)}`,
        headers: { host: 'shop.test:8080' },
      },
      is: { status: 307, headers: { location } },
    }),
  ),
  {
    shows: ['to_slot.conf: proxy_redirect'],
    says: 'a Refresh leads to the site as well',
    ask: {
      path: `/says?refresh=${encodeURIComponent('0; url=http://0.0.0.0:3000/x')}`,
      headers: { host: 'shop.test' },
    },
    is: { headers: { refresh: '0; url=http://shop.test/x' } },
  },
  ...['0.0.0.0', 'localhost', '.localhost', 'slot-primary'].map(
    (domain): Row => ({
      shows: ['to_slot.conf: proxy_cookie_domain'],
      says: `a cookie for ${domain} is one for the site`,
      ask: {
        path: `/says?set-cookie=${encodeURIComponent(`a=b; Domain=${domain}; Path=/`)}`,
        headers: { host: 'shop.test:8080' },
      },
      is: { headers: { 'set-cookie': 'a=b; Domain=shop.test; Path=/' } },
    }),
  ),
  {
    shows: ['to_slot.conf: proxy_cookie_domain'],
    says: 'a cookie for a domain that is the app’s to know stays as it is',
    ask: {
      path: `/says?set-cookie=${encodeURIComponent('a=b; Domain=test')}`,
      headers: { host: 'shop.test' },
    },
    is: { headers: { 'set-cookie': 'a=b; Domain=test' } },
  },
]

const ERRORS: readonly Row[] = [
  {
    shows: [
      'proxy.conf: client_max_body_size',
      'error_pages.conf: error_page',
      'map $status $error_title',
      'map "$status $was_sent $args" $error_next',
      'map "$status $was_sent $args" $page_retries_itself',
      'map "$request_uri $http_accept" $error_format',
      'location ^~ /_switchyard/: ssi',
      'location ^~ /_switchyard/: alias',
    ],
    says: 'a body above 10 MB is refused with a page that does not try again by itself',
    ask: { path: '/upload', method: 'POST', headers: { ...TOO_LARGE, ...HTML }, body: 'x' },
    is: {
      status: 413,
      by: null,
      headers: { 'content-type': 'text/html; charset=utf-8', 'retry-after': null },
      body: new RegExp(
        `^<!doctype html>(?!.*looks again)(?!.*http-equiv).*<h1>That is too large</h1>\\s*<p>${PLAIN_WORDS}</p>`,
        's',
      ),
    },
  },
  {
    shows: [
      'map $status $error_code',
      'map "$request_uri $http_accept" $error_format',
      'location ^~ /_switchyard/: ssi_types',
      'location ^~ /_switchyard/: charset_types',
    ],
    says: 'programs get JSON, in the words of the director’s own errors',
    ask: { path: '/upload', method: 'POST', headers: { ...TOO_LARGE, ...JSON_ONLY }, body: 'x' },
    is: {
      status: 413,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: /^\{"error":\{"code":"bad-request","what":"What was sent is larger than this site accepts\.","live":"","next":"Send something smaller\.","detail":"status 413, request [0-9a-f]{32}"\}\}\s*$/,
    },
  },
  {
    shows: ['map "$request_uri $http_accept" $error_format'],
    says: 'an API gets JSON whatever it accepts',
    ask: { path: '/api/upload', method: 'POST', headers: { ...TOO_LARGE, ...HTML }, body: 'x' },
    is: { status: 413, headers: { 'content-type': 'application/json; charset=utf-8' } },
  },
  {
    shows: ['map "$request_uri $http_accept" $error_format', 'location ^~ /_switchyard/: charset_types'],
    says: 'and all others plain text',
    ask: { path: '/upload', method: 'POST', headers: TOO_LARGE, body: 'x' },
    is: {
      status: 413,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: new RegExp(`^That is too large\n${PLAIN_WORDS}\n413 [0-9a-f]{32}\n$`),
    },
  },
  {
    shows: [
      'location ^~ /_switchyard/: add_header Cache-Control',
      'location ^~ /_switchyard/: add_header Retry-After',
      'location ^~ /_switchyard/: add_header X-Request-Id',
      'location ^~ /_switchyard/: add_header X-Content-Type-Options',
      'location ^~ /_switchyard/: add_header X-Frame-Options',
      'location ^~ /_switchyard/: add_header Content-Security-Policy',
      'map "$status $args" $retry_seconds',
    ],
    says: 'an error page is not kept, not framed, and names its request',
    routing: { live: null },
    ask: page(HTML),
    is: {
      status: 503,
      headers: {
        'cache-control': 'no-store',
        'retry-after': '5',
        'x-request-id': /^[0-9a-f]{32}$/,
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'content-security-policy': /^default-src 'none';.* frame-ancestors 'none'$/,
      },
      body: /<noscript><meta http-equiv="refresh".*Status <code>503<\/code> · reference <code>[0-9a-f]{32}<\/code>/s,
    },
  },
  {
    shows: ['error_pages.conf: error_page'],
    says: 'HEAD gets the headers of such a page',
    routing: { live: null },
    ask: page(HTML, { method: 'HEAD' }),
    is: {
      status: 503,
      headers: { 'content-type': 'text/html; charset=utf-8', 'retry-after': '5' },
      body: /^$/,
    },
  },
  ...['', 'x'].map(
    (body): Row => ({
      shows: [
        'error_pages.conf: error_page',
        'map $request $asked_method',
        'map $asked_method $was_sent',
        'map "$status $was_sent $args" $error_what',
        'map "$status $was_sent $args" $error_next',
        'map "$status $was_sent $args" $page_retries_itself',
        'map "$status $was_sent $args" $reload_sends_again',
      ],
      says: `a form of ${body.length} bytes gets a page that does not ask for its address instead`,
      routing: { live: null },
      ask: page(HTML, { method: 'POST', body }),
      is: {
        status: 503,
        headers: { 'content-type': 'text/html; charset=utf-8', 'retry-after': '5' },
        body: /^(?!.*(?:http-equiv|<script|href=)).*What was sent has not arrived\. Wait a few seconds, then send it again\.<\/p>\s*<p class="how">To send it again as it was, reload this page: .*Status <code>503<\/code>/s,
      },
    }),
  ),
  {
    shows: ['map "$status $was_sent $args" $error_what', 'map "$status $was_sent $args" $error_next'],
    says: 'a program learns that what it sent has not arrived',
    routing: { live: null },
    ask: { path: '/api/orders', method: 'PUT', body: 'x' },
    is: {
      status: 503,
      body: /"what":"No part of the site is ready to answer\. What was sent has not arrived\.","live":"","next":"Wait a few seconds, then send it again\."/,
    },
  },
]

const INTERNAL: readonly Row[] = [
  {
    shows: [
      'location = /state',
      'location = /state: alias',
      'location = /state: default_type',
      'location = /state: add_header Cache-Control',
      'internal.conf: listen',
      'internal.conf: include',
    ],
    says: 'the director reads the routing that is served',
    routing: { live: 'secondary' },
    ask: { path: '/state', at: 'internal' },
    is: {
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      body: /^\{\n {2}"generation": \d+,\n {2}"live": "secondary",/,
    },
  },
  {
    shows: [
      'location = /stub',
      'location = /stub: stub_status',
      'location = /stub: add_header X-Switchyard-Worker',
    ],
    says: 'and which worker answers, and what nginx is at',
    ask: { path: '/stub', at: 'internal' },
    is: {
      status: 200,
      headers: { 'x-switchyard-worker': /^\d+$/ },
      body: /^Active connections: \d+ \n/,
    },
  },
  {
    shows: ['location = /alive'],
    says: 'Docker learns that nginx runs',
    ask: { path: '/alive', at: 'internal' },
    is: { status: 204, body: /^$/ },
  },
  ...['/', '/state/', '/state/../alive/x', '/live/current/state.json', '/_next/static/a.js', '/page'].map(
    (path): Row => ({
      shows: ['internal.conf: location /', 'internal.conf: location /: deny'],
      says: `${path} is refused there, to the director too`,
      ask: { path, at: 'internal' },
      is: { status: 403, by: null },
    }),
  ),
  ...['/state', '/stub', '/alive'].map(
    (path): Row => ({
      shows: ['location /'],
      says: `${path} on the published port is the site’s, whatever Host it names`,
      ask: { path, at: 'published', headers: { host: '127.0.0.1:8081' } },
      is: { status: 200, by: 'primary', url: path },
    }),
  ),
]

export const ROWS: readonly Row[] = [
  ...ROUTING,
  ...TO_THE_SLOT,
  ...EVERY_LOCATION,
  ...ANSWERS,
  ...ADDRESSES,
  ...ERRORS,
  ...INTERNAL,
]
