import { setTimeout as delay } from 'node:timers/promises'
import { after, connection } from 'next/server'
import { builtAs } from '../../../../../config/built-as.ts'

const WORK_MS = 10_000

/** Answers at once, and works on for ten seconds. */
export async function POST(request: Request): Promise<Response> {
  await connection()
  const name = new URL(request.url).searchParams.get('name')
  after(async () => {
    await delay(WORK_MS)
    console.log(`after: ${name} was finished by ${builtAs}`)
  })
  return new Response(builtAs, { status: 202 })
}
