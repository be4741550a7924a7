export function SiteFooter() {
  return (
    <footer className="border-line border-t text-sm text-soft">
      <div className="mx-auto flex w-full max-w-5xl flex-wrap items-baseline justify-between gap-x-8 gap-y-2 px-5 py-6 sm:px-8">
        <p>
          This site is a template. Put your own app in{' '}
          <code className="font-mono text-[0.8125rem] text-text">src/app/(site)</code>.
        </p>
        <ul className="flex gap-5">
          <li>
            <a className="underline underline-offset-4 hover:text-text" href="/api/system/status">
              Status
            </a>
          </li>
          <li>
            <a className="underline underline-offset-4 hover:text-text" href="/ops">
              Release console
            </a>
          </li>
        </ul>
      </div>
    </footer>
  )
}
