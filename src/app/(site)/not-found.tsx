import Link from 'next/link'
import { PageHead } from './page-head.tsx'

export default function NotFoundPage() {
  return (
    <>
      <PageHead
        title="There is no such page"
        lead="The address may be mistyped, or the page is in another release."
      />
      <Link href="/" className="font-medium underline underline-offset-4">
        Go to the overview
      </Link>
    </>
  )
}
