import { builtAs } from '../config/built-as.ts'

/** A path without a page around it, as while the server renders, is the site's own; a whole address then is not known to be. */
const NOWHERE = 'http://nowhere.invalid/'

/**
 * `fetch`, answered by the build that this code came from for as long as a slot runs it, and by the live one after that.
 * To another origin it is plain `fetch`. A redirect to one takes the header along, as it does with every header.
 */
export function fetchFromThisBuild(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const url = input instanceof Request ? input.url : String(input)
  if (!hasId || !isOwn(url)) return fetch(input, init)
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined))
  headers.set('x-deployment-id', builtAs)
  return fetch(input, { ...init, headers })
}

/**
 * The same for what can't send a header: the address of an EventSource, of a download, and the permalink that
 * `useActionState` gives to a form without JavaScript. The address of another origin stays as it is.
 */
export function fromThisBuild(url: string): string {
  if (!hasId || !isOwn(url)) return url
  const [address = '', ...fragment] = url.split('#')
  const [path, ...query] = address.split('?')
  const parameters = query.join('?').split('&').filter(isOther)
  return [`${path}?${[...parameters, `dpl=${builtAs}`].join('&')}`, ...fragment].join('#')
}

const hasId = builtAs !== 'development'

const isOther = (parameter: string): boolean => parameter !== '' && parameter.split('=')[0] !== 'dpl'

function isOwn(url: string): boolean {
  const here = typeof location === 'undefined' ? NOWHERE : location.href
  const { protocol, origin } = new URL(url, here)
  return /^https?:$/.test(protocol) && origin === new URL(here).origin
}
