import { cacheLife } from 'next/cache'
import { connection } from 'next/server'
import { builtAs } from '../../../../config/built-as.ts'
import { Place } from '../place.tsx'

async function dear(): Promise<{ build: string; computedAt: number }> {
  'use cache'
  cacheLife('hours')
  return { build: builtAs, computedAt: Date.now() }
}

/** Rendered for every visitor, with a part that its slot works out once. */
export default async function CachedPage() {
  await connection()
  const { build, computedAt } = await dear()
  return (
    <>
      <Place name="cached" build={build} />
      <p data-testid="rendered-at">{computedAt}</p>
    </>
  )
}
