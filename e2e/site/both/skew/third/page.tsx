import { connection } from 'next/server'
import { builtAs } from '../../../../config/built-as.ts'
import { Place } from '../place.tsx'

export default async function ThirdPage() {
  await connection()
  return <Place name="third" build={builtAs} />
}
