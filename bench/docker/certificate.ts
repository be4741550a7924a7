import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { RIVALS_IMAGE } from './rivals-image.ts'
import { runIn } from './run-in.ts'

/** The name that clients ask for; every proxy of the benchmark has the same certificate. */
export const TLS_NAME = 'bench.test'

const DAYS = 2

/** A certificate made by itself for HTTP/2, since Switchyard leaves TLS to what stands in front of it. Answers with its directory. */
export async function makeCertificate(docker: Docker, dir: string): Promise<string> {
  const tls = join(dir, 'tls')
  await mkdir(tls)
  const argv = [
    ...[
      'openssl',
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      `${DAYS}`,
    ],
    ...['-subj', `/CN=${TLS_NAME}`, '-addext', `subjectAltName=DNS:${TLS_NAME}`],
    ...['-keyout', '/tls/tls.key', '-out', '/tls/tls.crt'],
  ]
  await runIn(docker, RIVALS_IMAGE, argv, { HostConfig: { Binds: [`${tls}:/tls`] } })
  // nginx without root reads it.
  await chmod(join(tls, 'tls.key'), 0o644)
  const parts = await Promise.all(['tls.crt', 'tls.key'].map((name) => readFile(join(tls, name), 'utf8')))
  await writeFile(join(tls, 'tls.pem'), parts.join(''))
  return tls
}
