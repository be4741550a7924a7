import { bytesOf } from '../config/amount.ts'
import type { Settings } from '../config/settings.ts'
import { secondsOf } from '../config/span.ts'
import type { Limits } from '../nginx/limits.ts'

/** nginx's limits as the settings say them, checked there. */
export function limitsOf(settings: Settings): Limits {
  return {
    maxBodyBytes: bytesOf(settings.MAX_BODY),
    maxHeadersBytes: bytesOf(settings.MAX_HEADERS),
    readTimeoutSeconds: secondsOf(settings.READ_TIMEOUT),
    hstsSeconds: settings.HSTS_SECONDS,
  }
}
