import './fallback.css'
import type { Metadata } from 'next'

export const metadata: Metadata = { title: 'Not found' }

/** For an address that no route knows. It stands outside of every root layout, so it works whatever the site is. */
export default function GlobalNotFound() {
  return (
    <html lang="en">
      <body className="fallback">
        <h1>There is no such page</h1>
        <p>The address may be mistyped, or the page is in another release.</p>
        <a href="/">Go to the front page</a>
      </body>
    </html>
  )
}
