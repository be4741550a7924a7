import { ExternalLink } from 'lucide-react'
import type { ReactNode } from 'react'
import { Mark } from './mark.tsx'

type Link = { href: string; text: string }
type Props = {
  home: string
  links: readonly Link[]
  /** The address of the page that is shown, to mark its link. */
  current: string
  site: string
  /** Who is signed in, and the way out. */
  account: ReactNode
  children: ReactNode
}

/** What stands around every page of the console for an operator. */
export function Shell({ home, links, current, site, account, children }: Props) {
  return (
    <>
      <a
        href="#main"
        className="sr-only rounded-md bg-action px-3 py-2 text-on-action focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50"
      >
        Skip to the content
      </a>
      <header className="border-b border-line bg-surface">
        <div className="mx-auto flex max-w-[78rem] flex-wrap items-center gap-x-6 gap-y-1 px-4 py-2 sm:px-6">
          <a href={home} className="flex items-center gap-2 rounded font-semibold tracking-tight">
            <Mark />
            Switchyard
          </a>
          <nav aria-label="Console" className="flex gap-1 max-sm:order-last max-sm:w-full">
            {links.map(({ href, text }) => (
              <a
                key={href}
                href={href}
                aria-current={href === current ? 'page' : undefined}
                className="rounded-md px-2 py-1 text-sm text-ink-muted hover:text-ink pointer-coarse:py-2 aria-[current=page]:bg-sunken aria-[current=page]:font-medium aria-[current=page]:text-ink"
              >
                {text}
              </a>
            ))}
          </nav>
          <div className="ml-auto flex items-center gap-3 text-sm">
            <a
              href={site}
              className="inline-flex items-center gap-1 text-ink-muted hover:text-ink max-sm:hidden"
            >
              Site
              <ExternalLink aria-hidden="true" size={13} />
            </a>
            {account}
          </div>
        </div>
      </header>
      <main id="main" tabIndex={-1} className="mx-auto max-w-[78rem] px-4 py-6 outline-none sm:px-6">
        {children}
      </main>
    </>
  )
}
