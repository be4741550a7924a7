import { connection } from 'next/server'
import { builtAs } from '../../../config/built-as.ts'
import { Acts } from './acts.tsx'
import type { Done } from './done.ts'

/** Next numbers inline actions by their place: here another one has come in before that of the first build. */
export default async function SkewPage() {
  await connection()
  const where = builtAs
  async function insertedInline(): Promise<Done> {
    'use server'
    return { did: 'inserted inline', build: where }
  }
  async function shifted(): Promise<Done> {
    'use server'
    return { did: 'shifted', build: where }
  }
  return <Acts pageBuild={builtAs} renderedAt={Date.now()} shifted={shifted} other={insertedInline} />
}
