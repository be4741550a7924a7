import { MIMEType } from 'node:util'

/** React's own among the fields of a form, as browsers write the name of a field. */
const ACTION_FIELD = 'name="$ACTION_'
const MAX_FIELDS = 500
const MAX_HEAD_BYTES = 8_192

/**
 * The form that a request carries, where it is one that runs an action. Anyone may send such a request, and taking a
 * form apart holds up all other visitors, so one with too many fields is not taken apart: null, as for what is no form
 * after all or broke off.
 */
export async function readForm(request: Request): Promise<FormData | null> {
  try {
    const body = Buffer.from(await request.arrayBuffer())
    const type = request.headers.get('content-type') ?? ''
    if (!body.includes(ACTION_FIELD) || !isModest(body, new MIMEType(type).params.get('boundary')))
      return null
    return await new Response(body, { headers: { 'content-type': type } }).formData()
  } catch (cause) {
    if (cause instanceof TypeError) return null
    throw cause
  }
}

/** Each field starts with the boundary, then what is said of it, then an empty line. */
function isModest(body: Buffer, boundary: string | null): boolean {
  if (boundary === null || boundary === '') return false
  const start = `--${boundary}\r\n`
  let at = body.indexOf(start)
  for (let fields = 0; at !== -1; fields++) {
    const head = body.indexOf('\r\n\r\n', at)
    if (fields === MAX_FIELDS || head === -1 || head - at > MAX_HEAD_BYTES) return false
    at = body.indexOf(start, head)
  }
  return true
}
