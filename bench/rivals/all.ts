import { MADE_IMAGES } from '../../src/setup/image-names.ts'
import { RIVALS_IMAGE, type RivalVersions } from '../docker/rivals-image.ts'
import { article } from './article.ts'
import { caddy } from './caddy.ts'
import { haproxy } from './haproxy.ts'
import { reloadRival } from './reload.ts'
import type { Rival } from './rival.ts'
import { switchyard } from './switchyard.ts'

/** Switchyard first, then what it is measured against. `nginx` is the version that Switchyard runs on here. */
export function rivals(versions: RivalVersions, nginx: string): readonly Rival[] {
  return [
    { ...switchyard, name: `Switchyard (nginx ${nginx})` },
    { ...article, name: `the article’s: rewrite, \`nginx -s reload\` (nginx ${nginx})` },
    reloadRival({
      name: `tuned reload: HUP by the API (nginx ${nginx})`,
      image: MADE_IMAGES.nginx,
      keepAlive: 'keepalive_timeout 75s;\n',
    }),
    ...(hasMinTimeout(versions.nginx) ? [lateReload(versions.nginx)] : []),
    { ...haproxy, name: `HAProxy ${versions.haproxy}: runtime \`set map\`` },
    { ...caddy, name: `Caddy ${versions.caddy}: admin API, PATCH` },
  ]
}

/** Its old workers go on taking requests for so long, by intention. */
const lateReload = (nginx: string): Rival =>
  reloadRival({
    name: `tuned reload with keepalive_min_timeout 15s (nginx ${nginx})`,
    image: RIVALS_IMAGE,
    keepAlive: 'keepalive_timeout 15s;\nkeepalive_min_timeout 15s;\n',
    oldSlotServesMs: 15_000,
  })

/** nginx 1.27.4 brought `keepalive_min_timeout`. */
function hasMinTimeout(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  return major * 1e6 + minor * 1e3 + patch >= 1_027_004
}
