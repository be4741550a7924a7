const OPS = 'location ~ ^/(?:ops|api/ops)(?:/|$)'
const IMAGE = 'location = /_next/image'
const STATIC = 'location ^~ /_next/static/'
const BELOW_BASE = 'location ~ ^/.+/_next/static/'

/**
 * What tests of nginx-*.test.ts show of nginx/*.conf, by their titles, where a row of `nginx-rules.ts` would not do.
 * Directives are named as `nginx-directives.ts` does.
 */
export const SHOWN: Readonly<Record<string, readonly string[]>> = {
  // nginx-ops.test.ts
  'the live slot serves the console as long as it can, also with its own refusals': [
    OPS,
    'location @ops_read',
  ],
  'a console that fails in the live slot is served by the other one': [
    ...[
      `${OPS}: if (-f $generation/up-$other_slot)`,
      `${OPS}: if ($ops_way ~ "^(GET|HEAD)$")`,
      `${OPS}: error_page`,
    ],
    ...[
      'location @ops_read: proxy_intercept_errors',
      'location @ops_read: error_page',
      'location @ops_other',
    ],
    'map $slot $other_slot',
  ],
  'a stream of events that fails in the live slot comes from the other one': [
    ...[`${OPS}: if ($is_stream)`, `${OPS}: if ($ops_way ~ "^(GET|HEAD) stream$")`, 'location @ops_follow'],
    ...['location @ops_follow: proxy_intercept_errors', 'location @ops_follow: error_page'],
  ],
  'a console that hangs in the live slot is served by the other one after 5 s': [
    'location @ops_read: proxy_read_timeout',
  ],
  'who waited for a slot that hangs may ask for the other one, also for a verb': [
    `${OPS}: if ($ops_via ~ "^other [A-Z]")`,
  ],
  'while the live build has no console, all of /ops is the other slot’s': [
    ...[`${OPS}: if (-f $generation/console-secondary)`],
  ],
  'an action that failed or broke off is not run again by the other slot': [
    ...['location @ops_send', `${OPS}: if ($ops_way ~ "^[A-Z]")`],
  ],
  'a live slot that is stopped leaves the console working, actions too: they never reached it': [
    ...['upstream primary_first', 'upstream primary_first: server'],
  ],
  'the console takes small bodies alone, so that nobody else’s upload is in its way': [
    `${OPS}: client_max_body_size`,
    ...['location @ops_read: client_max_body_size', 'location @ops_follow: client_max_body_size'],
    ...['location @ops_other: client_max_body_size', 'location @ops_send: client_max_body_size'],
  ],
  'a verb of the console that hangs is not asked of the other slot': [
    'location @ops_send: proxy_read_timeout',
  ],

  // nginx-log.test.ts
  'a line of the log is bounded, whatever a visitor sends': ['map $http_host $logged_host'],

  // Streams
  'events arrive as they are sent, from the site and through the console’s relay': [
    ...['location /: if ($is_stream)', 'location /: error_page', 'location @stream'],
    ...['map "$upgrade_to_slot $http_accept $uri" $is_stream', 'proxy.conf: proxy_buffering'],
  ],
  'a WebSocket passes, and stays with its slot when the traffic moves': [
    'map $upgrade_to_slot $connection_to_slot',
  ],
  'a silent stream is waited for when an ordinary request is not': [
    ...[
      'location @stream: proxy_read_timeout',
      'location @uploaded: if ($is_stream)',
      'location @uploaded: error_page',
      'proxy.conf: proxy_read_timeout',
      'proxy.conf: recursive_error_pages',
    ],
  ],

  'a silent stream of the console is waited for when its pages come from the other slot': [
    ...[`${OPS}: if ($is_stream)`, 'location @ops_follow: proxy_read_timeout'],
  ],
  'a silent stream of the only console is waited for as well': [`${OPS}: if ($ops_way)`],

  // Slots
  'a pin to a slot that can not be connected to falls through to the live slot, POST included': [
    ...['upstream secondary_first', 'upstream secondary_first: server'],
    'upstream_target.conf: if ($slot != $live_slot)',
  ],
  'a pinned slot that breaks a request off: reading is asked of the live one, a POST is not': [
    'proxy.conf: proxy_next_upstream',
  ],
  'connections to the slots are kept, also to one beside the live slot': [
    ...['pool.conf: keepalive', 'pool_first.conf: keepalive'],
  ],
  'slots that moved while nginx ran are found by what set-up leaves in live/': ['map "" $moved'],
  'the slots’ connections are not kept longer than nginx is told': [
    ...['pool.conf: keepalive_timeout', 'pool_first.conf: keepalive_timeout'],
  ],
  'what was sent and may be lost is said to be, and neither asked for nor sent again by itself': [
    ...['map "$status $was_sent $args" $error_what', 'map "$status $was_sent $args" $error_next'],
    ...[
      'map "$status $was_sent $args" $page_retries_itself',
      'map "$status $was_sent $args" $reload_sends_again',
    ],
  ],
  'an absent slot holds nobody up for more than the three seconds of a connect': [
    'proxy.conf: proxy_connect_timeout',
  ],
  'a slot that does not take a body is given up': ['proxy.conf: proxy_send_timeout'],
  'a slot that hangs is waited for as long as is said for GET /api/system/status, then there is a page': [
    'location = /api/system/status: proxy_read_timeout',
  ],
  'an answer may have headers of 64 KiB, and a page says that larger ones are too large': [
    ...['proxy.conf: proxy_buffer_size', 'map "$answer_room $upstream_bytes_received" $answer_fault'],
  ],

  // Uploads
  'an upload goes to the slot that serves when it has arrived, be the one that served at its first byte gone':
    ['location /: if ($has_body)', 'location @upload', 'location @upload: error_page', 'location @uploaded'],
  'an upload that finds no live slot when it has arrived is refused in words': [
    'location @uploaded: if ($slot = "")',
  ],
  'an upload that nginx has no room for is refused in words, and when to come back': [
    ...['error_pages.conf: error_page', 'map "$status $was_sent $args" $error_what'],
  ],
  'an answer to a POST may be a stream, and a GET with a body is answered as one without': [
    'map "$request_method $content_length$http_transfer_encoding" $has_body',
  ],

  // Visitors
  'headers of 64 KiB pass, larger ones are refused at once, with the reason': [
    'proxy.conf: large_client_header_buffers',
  ],
  'what the settings say counts after a reload': ['proxy.conf: include'],
  'visitors by https are told to stay with it, where the settings say so and the app does not': [
    ...['map "$visitor_scheme $hsts_seconds|$upstream_http_strict_transport_security" $add_hsts'],
    ...['to_slot.conf', 'location ^~ /_switchyard/', 'static_files.conf', 'location @kept_image'].map(
      (place) => `${place}: add_header Strict-Transport-Security`,
    ),
  ],
  'who sends its headers too slowly is cut off': ['proxy.conf: client_header_timeout'],
  'who sends its body too slowly is cut off with a reset, and no slot has heard of it': [
    ...['proxy.conf: client_body_timeout', 'proxy.conf: reset_timedout_connection'],
  ],
  'who does not take its answer is cut off': ['proxy.conf: send_timeout'],
  'a kept connection is closed when it was idle for long, or has served many': [
    ...['proxy.conf: keepalive_timeout', 'proxy.conf: keepalive_requests'],
  ],
  '1,200 visitors who wait at once keep nobody else out': [
    ...['proxy.conf: worker_rlimit_nofile', 'proxy.conf: worker_connections'],
  ],
  'a request of HTTP/1.0 without a Host is one for localhost': [
    'map $http_host $asked_host',
    'proxy.conf: server_name',
  ],
  'attempts to sign in beyond thirty are answered with 429 in three forms, and say when to come back': [
    ...[
      'map $request_method $sign_in_key',
      'map $uri $posted_sign_in',
      'proxy.conf: limit_req_zone',
      'proxy.conf: limit_req_status',
    ],
    ...['proxy.conf: limit_req', 'map "$status $args" $retry_seconds', 'map $status $error_code'],
  ],
  'behind a terminator nobody else is believed': ['geo $realip_remote_addr $comes_from_terminator'],
  'a TLS terminator that terminator.conf names is believed, and nobody else': [
    ...[
      'map "$comes_from_terminator $http_x_forwarded_proto" $visitor_scheme',
      'map $visitor_scheme $cookie_secure',
    ],
  ],

  'no cache in front keeps a page past a release, and all else is kept as the app says': [
    ...['to_slot.conf: proxy_hide_header Cache-Control', 'to_slot.conf: add_header Cache-Control'],
    'map "$upstream_http_cache_control|$upstream_http_content_type|$uri" $cache_control',
  ],
  'a page that brings a visitor’s own cookie is for that visitor alone': ['map $visitor_cookie $kept_by'],

  // Files
  'an image of a build that no slot runs is shown from disk as it is': [
    ...[IMAGE, `${IMAGE}: if (-f /srv/assets/$deployment_id$image_file)`, `${IMAGE}: error_page`],
    ...[`${IMAGE}: if ($kept_image ~ "^(live|share)$")`, 'map $arg_url $image_file'],
    ...['location @kept_image', 'location @kept_image: disable_symlinks', 'location @kept_image: try_files'],
    ...[
      'location @kept_image: add_header Cache-Control',
      'location @kept_image: add_header X-Content-Type-Options',
    ],
  ],
  'a file goes out as it was compressed when it was published, to be kept for ever': [
    ...[STATIC, 'static_files.conf: gzip_static', `${STATIC}: try_files`],
    ...[
      'static_files.conf: add_header Cache-Control',
      'static_files.conf: add_header X-Content-Type-Options',
    ],
  ],
  'a build that was published without copies is compressed as it goes': ['proxy.conf: gzip'],
  'a client that came through another proxy gets it compressed as well': ['proxy.conf: gzip_proxied'],
  'below a base path the files are the same': [
    BELOW_BASE,
    `${BELOW_BASE}: try_files`,
    'map $uri $static_file',
  ],
  'neither a file nor its copy may be a link': ['static_files.conf: disable_symlinks'],

  // Compression
  'what a slot answers is compressed for who takes it so': [
    ...['proxy.conf: gzip', 'proxy.conf: gzip_types', 'proxy.conf: gzip_vary', 'proxy.conf: gzip_proxied'],
  ],
  'what is small, of another type or compressed already is left as it is': [
    ...['proxy.conf: gzip_min_length', 'proxy.conf: gzip_types'],
  ],
  'a page that streams arrives part by part, compressed or not': ['proxy.conf: proxy_buffering'],

  // The director, and what it reads
  'the internal port tells the director the state, and its neighbours nothing': ['internal.conf: deny'],
  'a reload is confirmed by new workers, and an open stream outlives it': [
    'location = /stub: add_header X-Switchyard-Reload',
  ],
  'every request leaves one line of JSON, without its query': [
    ...['proxy.conf: log_format', 'proxy.conf: access_log', 'map $request_uri $asked_path'],
  ],
  'the status route leaves no line, answered or not, and what only looks like it does': [
    ...['map $asked_path $is_logged', 'proxy.conf: access_log'],
  ],
  'an error is logged with the method that was asked, and without a query': ['map $request $asked_method'],
  'a visitor who takes an answer slowly does not make its slot slow': ['proxy.conf: log_format'],
  'streams are told apart, however they were asked for, and do not count as slow': [
    'map "$is_stream $upstream_http_content_type" $was_stream',
  ],
}
