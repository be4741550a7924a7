/** Every image that set-up pulls or makes, in one place. The settings NODE_IMAGE and NGINX_IMAGE name the official ones. */
export const MADE_IMAGES = {
  node: 'switchyard-base/node:26',
  nginx: 'switchyard-base/nginx',
  tools: 'switchyard-base/tools',
} as const

/** The base that tools are added to when the official images can be pulled: Debian 13, since compose and buildx are packages there. */
export const TOOLS_PULL_BASE = 'node:26-trixie-slim'

/** The release of Debian that equivalents are made from. */
export const DEBIAN_SUITE = 'trixie'

export const DEBIAN_MIRROR = 'http://deb.debian.org/debian'

/** What each image gets from Debian's packages. Node 26's binary needs libatomic1. */
export const DEBIAN_PACKAGES = {
  node: ['libatomic1'],
  nginx: ['nginx'],
  tools: [
    'ca-certificates',
    'docker-cli',
    'docker-compose',
    'docker-buildx',
    'git',
    'util-linux',
    'tar',
    'tini',
  ],
} as const satisfies Record<keyof typeof MADE_IMAGES, readonly string[]>

/** Marks every image that set-up makes. All projects of a host share them, so nothing here removes them. */
export const BASE_LABEL = 'io.switchyard.base'

/** The npm that a made Node image gets. */
export const NPM_PACKAGE = 'npm@11'
