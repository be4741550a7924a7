import { connection } from 'next/server'
import { builtAs } from '../../../config/built-as.ts'
import { Acts } from './acts.tsx'
import type { Done } from './done.ts'

export default async function SkewPage() {
  await connection()
  const where = builtAs
  async function shifted(): Promise<Done> {
    'use server'
    return { did: 'shifted', build: where }
  }
  return <Acts pageBuild={builtAs} renderedAt={Date.now()} shifted={shifted} />
}
