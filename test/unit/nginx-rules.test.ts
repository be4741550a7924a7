import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { nameOf, readDirectives } from '../engine/nginx-directives.ts'
import { ROWS } from '../engine/nginx-rules.ts'
import { SHOWN } from '../engine/nginx-shown.ts'

const root = join(import.meta.dirname, '..', '..')

/** The directives that decide what becomes of a request; the rest is how, or is part of one of these. */
const DECIDING = new RegExp(
  `^(?:${[
    ...[
      'location',
      'upstream',
      'map',
      'geo',
      'split_clients',
      'if',
      'internal',
      'deny',
      'try_files',
      'error_page',
    ],
    ...[
      'proxy_set_header',
      'proxy_hide_header',
      'proxy_ignore_headers',
      'add_header',
      'proxy_intercept_errors',
    ],
    ...['client_max_body_size', 'client_header_timeout', 'client_body_timeout', 'send_timeout'],
    ...[
      'large_client_header_buffers',
      'keepalive(?:_timeout)?',
      'limit_req\\w*',
      'reset_timedout_connection',
    ],
    ...['proxy_\\w+_timeout', 'proxy_next_upstream', 'proxy_buffering', 'proxy_buffer_size'],
    ...['worker_connections', 'worker_rlimit_nofile'],
    ...['gzip\\w*', 'disable_symlinks', 'ssi', 'log_format', 'access_log', 'server_name', 'server_tokens'],
  ].join('|')})$`,
)

/** What no request shows, and why. */
const UNSHOWN: Readonly<Record<string, string>> = {
  'internal.conf: access_log': 'the director would only fill the log with its own questions',
  'location @stream: proxy_send_timeout': 'no request of a test is an hour long',
  'location @ops_other: proxy_read_timeout': 'no request of a test is an hour long',
  'proxy.conf: gzip_comp_level': 'every level is read alike',
}

const deciding = new Set(
  readDirectives(join(root, 'nginx'))
    .filter(({ words }) => DECIDING.test(words[0] ?? ''))
    .filter(({ within }) => !within.some((head) => /^(?:map|geo|split_clients) /.test(head)))
    .map(nameOf),
)
const shown = new Set([...ROWS.flatMap((row) => row.shows), ...Object.values(SHOWN).flat()])

test('every directive of nginx that decides something is shown by a request', () => {
  const unshown = [...deciding].filter((name) => !shown.has(name) && !(name in UNSHOWN))
  assert.deepEqual(unshown, [], 'give each a row in test/engine/nginx-rules.ts, or a test in nginx-shown.ts')
})

test('what is said to be shown, or not, is in the configuration', () => {
  const all = new Set(readDirectives(join(root, 'nginx')).map(nameOf))
  const gone = [...shown, ...Object.keys(UNSHOWN)].filter((name) => !all.has(name))
  assert.deepEqual(gone, [])
})

test('the tests that are named exist', () => {
  const directory = join(root, 'test', 'engine')
  const text = readdirSync(directory)
    .filter((file) => /^nginx-.*\.test\.ts$/.test(file))
    .map((file) => readFileSync(join(directory, file), 'utf8'))
    .join('\n')
  const patterns = [...text.matchAll(/test\((?:'([^']*)'|`([^`]*)`)/g)].map(
    ([, plain, template = '']) => plain ?? template,
  )
  const isThere = (title: string) => patterns.some((pattern) => fits(title, pattern.split(/\$\{[^}]*\}/)))
  assert.deepEqual(
    Object.keys(SHOWN).filter((title) => !isThere(title)),
    [],
  )
})

/** Whether the fixed parts of a template stand in a title, one after another. */
function fits(title: string, parts: readonly string[]): boolean {
  let from = 0
  return parts.every((part) => {
    const at = title.indexOf(part, from)
    from = at + part.length
    return at >= 0
  })
}

test('no two rows have one title', () => {
  const titles = ROWS.map(({ says, shows }) => `${says} (${shows[0]})`)
  assert.deepEqual(
    titles.filter((title, index) => titles.indexOf(title) !== index),
    [],
  )
})
