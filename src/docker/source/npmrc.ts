/** Keys of .npmrc that are, or lead to, credentials. https://docs.npmjs.com/cli/configuring-npm/npmrc */
const CREDENTIAL = /^(?:.*:)?(?:_auth|_authtoken|_password|username|email|certfile|keyfile|cert|key|otp)$/i
const ADDRESS = /(?:^|:)(?:https?-)?(?:proxy|registry)$/i
const SETTING = /^\s*([^=;#\s][^=]*?)\s*=\s*(.*?)\s*$/
/** npm's own way to name a variable: https://docs.npmjs.com/cli/configuring-npm/npmrc#environment-variables */
const VARIABLE = /(\\*)\$\{([^}?]+)(\?)?\}/g
/** Shorter values are ordinary words: hiding them would spoil the log. */
const MIN_HIDDEN_LENGTH = 8

export type SplitNpmrc = {
  /** What may stand in a layer: the lines without credentials and without variables. */
  settings: string
  /** All lines, with the values of their variables: for a secret alone. */
  secret: string
  /** The variables that nothing gives a value, in order, once each. */
  missing: string[]
  /** What logs must not show, as pairs of name and value. */
  hidden: (readonly [string, string])[]
}

/** Takes an `.npmrc` apart; `values` are those of app.build.env. */
export function splitNpmrc(text: string, values: Readonly<Record<string, string | undefined>>): SplitNpmrc {
  const lines = text.split(/\r?\n/)
  const missing = new Set<string>()
  const secret = lines.map((line) => (SETTING.test(line) ? filledIn(line, values, missing) : line))
  const hidden = secret.flatMap((line, index) => {
    const [, key = '', value = ''] = SETTING.exec(line) ?? []
    const bare = value.replace(/^(["'])(.*)\1$/, '$2')
    return isSecret(lines[index] ?? '') && bare.length >= MIN_HIDDEN_LENGTH && CREDENTIAL.test(key)
      ? [[`.npmrc ${key.split(':').at(-1)}`, bare] as const]
      : []
  })
  return {
    settings: lines.filter((line) => !isSecret(line)).join('\n'),
    secret: secret.join('\n'),
    missing: [...missing],
    hidden,
  }
}

function isSecret(line: string): boolean {
  const [, key, value = ''] = SETTING.exec(line) ?? []
  if (key === undefined) return false
  if (CREDENTIAL.test(key) || /\$\{/.test(line)) return true
  return ADDRESS.test(key) && /\/\/[^/]*@/.test(value)
}

/** As npm does: an odd number of backslashes keeps the variable as it is, and `?` takes an unset one for empty. */
function filledIn(
  line: string,
  values: Readonly<Record<string, string | undefined>>,
  missing: Set<string>,
): string {
  return line.replace(VARIABLE, (whole, escapes: string, name: string, isOptional: string | undefined) => {
    if (escapes.length % 2 === 1) return whole
    const value = values[name]
    if (value !== undefined) return `${escapes.slice(escapes.length / 2)}${value}`
    if (isOptional === undefined) missing.add(name)
    return isOptional === undefined ? whole : ''
  })
}
