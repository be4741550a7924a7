import Link from 'next/link'
import { connection } from 'next/server'
import { builtAs } from '../../../../config/built-as.ts'
import { Place } from '../place.tsx'

export default async function NextPage() {
  await connection()
  return (
    <>
      <Place name="next" build={builtAs} />
      <Link href="/skew/third" prefetch={false}>
        Third page
      </Link>
    </>
  )
}
