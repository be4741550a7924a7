/** Where to go after signing in: a page of the console that `next` names, else the dashboard. Never another site. */
export function returnPath(next: string | string[] | null | undefined): string {
  if (typeof next !== 'string') return '/ops'
  return /^\/ops(\/[A-Za-z0-9/_-]*)?(\?[A-Za-z0-9=&_-]*)?$/.test(next) && !next.startsWith('/ops/sign-in')
    ? next
    : '/ops'
}
