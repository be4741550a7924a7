'use client'

import Link from 'next/link'
import { usePathname } from 'next/navigation'

const PAGES = [
  { href: '/', name: 'Overview' },
  { href: '/build', name: 'Build' },
  { href: '/request', name: 'Request' },
] as const

export function SiteHeader() {
  const pathname = usePathname()
  return (
    <header className="border-line border-b bg-surface">
      <div className="mx-auto flex h-14 w-full max-w-5xl items-center justify-between gap-4 px-5 sm:px-8">
        <Link href="/" className="flex items-center gap-2.5 font-semibold tracking-tight">
          <Mark />
          <span className="max-[26rem]:sr-only">Switchyard</span>
        </Link>
        <nav aria-label="Site">
          <ul className="-mr-2.5 flex">
            {PAGES.map(({ href, name }) => (
              <li key={href}>
                <Link
                  href={href}
                  aria-current={pathname === href ? 'page' : undefined}
                  className="block rounded px-2.5 py-1.5 text-sm text-soft underline-offset-8 hover:text-text aria-[current]:font-medium aria-[current]:text-text aria-[current]:underline aria-[current]:decoration-2"
                >
                  {name}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
      </div>
    </header>
  )
}

/** Two tracks and the switch between them. */
function Mark() {
  return (
    <svg
      viewBox="0 0 24 24"
      className="size-6"
      fill="none"
      strokeWidth="2.5"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d="M2 7h20" className="stroke-primary-slot" />
      <path d="M2 17h20" className="stroke-secondary-slot" />
      <path d="M7 17c5 0 5-10 10-10" className="stroke-text" />
    </svg>
  )
}
