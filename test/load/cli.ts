// node test/load/cli.ts --url http://127.0.0.1:8080 --rate 100 --seconds 60
// Prints the report as JSON; exits with 1 when a request failed. Ctrl-C ends the load early and still reports.
import { parseArgs } from 'node:util'
import { startLoad } from './load.ts'

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1' },
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '60' },
    get: { type: 'string', multiple: true, default: ['/'] },
    post: { type: 'string', default: '/api/echo' },
    'no-post': { type: 'boolean', default: false },
  },
})

const load = await startLoad({
  url: values.url,
  ratePerSecond: Number(values.rate),
  durationMs: Number(values.seconds) * 1_000,
  getPaths: values.get,
  postPath: values['no-post'] ? null : values.post,
})
process.once('SIGINT', () => {
  load.stop().catch((error: unknown) => console.error(error))
})
const report = await load.ended
console.log(JSON.stringify(report, null, 2))
process.exitCode = report.failed === 0 ? 0 : 1
