import { connection } from 'next/server'
import { builtAs } from '../../../../../config/built-as.ts'

export async function GET(): Promise<Response> {
  await connection()
  return new Response(builtAs, { headers: { 'cache-control': 'no-store' } })
}
