/** The parts of `host/path/name:tag@digest`. */
export type ImageReference = {
  /** Without tag and digest, as it was written. */
  repository: string
  /** With Docker Hub's defaults filled in: `nginx` is `docker.io/library/nginx`. */
  fullRepository: string
  tag: string | null
  digest: string | null
}

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const HOST =
  '(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::\\d+)?)'
/** https://github.com/distribution/reference, without the bare ids that Docker takes as well. */
const REFERENCE = new RegExp(
  `^((?:${HOST}/)?${COMPONENT}(?:/${COMPONENT})*)(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`,
)
const MAX_LENGTH = 300

/** Null for what is no reference. A bare image id is none: it says nothing of where the image comes from. */
export function parseReference(text: string): ImageReference | null {
  const match = text.length <= MAX_LENGTH ? REFERENCE.exec(text) : null
  const [, repository, tag = null, digest = null] = match ?? []
  return repository === undefined ? null : { repository, fullRepository: inFull(repository), tag, digest }
}

function inFull(repository: string): string {
  const [host = '', ...path] = repository.split('/')
  if (path.length === 0) return `docker.io/library/${repository}`
  return /[.:]|^localhost$/.test(host) ? repository : `docker.io/${repository}`
}

/** A function over references, from globs of repositories separated by commas: `*` stops at a slash, `**` does not. */
export function allowedRepositories(list: string): (reference: ImageReference) => boolean {
  const patterns = list
    .split(',')
    .map((glob) => glob.trim())
    .filter((glob) => glob !== '')
    .map(asPattern)
  return ({ repository, fullRepository }) =>
    patterns.some((pattern) => pattern.test(repository) || pattern.test(fullRepository))
}

function asPattern(glob: string): RegExp {
  const body = glob
    .split(/(\*+)/)
    .map((part) =>
      part === '*' ? '[^/]*' : /^\*+$/.test(part) ? '.*' : part.replaceAll(/[.?+^$(){}|[\]\\]/g, '\\$&'),
    )
    .join('')
  return new RegExp(`^${body}$`)
}
