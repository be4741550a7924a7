import type { z } from 'zod'
import type { refusalSchema } from './protocol.ts'

/** A director's refusal, as it came over the wire: status and the error's three sentences. */
export class Refusal extends Error {
  readonly status: number
  readonly body: z.infer<typeof refusalSchema>['error']

  constructor(status: number, body: z.infer<typeof refusalSchema>['error']) {
    super(`${body.what} ${body.live} ${body.next}`.trim())
    this.name = 'Refusal'
    this.status = status
    this.body = body
  }
}
