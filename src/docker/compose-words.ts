/**
 * What compose says, without the parts of values that it quotes where it can't read an env file, or finds a `$` in one.
 * Only a slot from before environments were kept still has compose read app.env. `envFiles`: what such files hold.
 */
export function withoutComposeValues(said: string, envFiles: string): string {
  return said
    .replace(/(unexpected character ).* (in variable name).*/g, '$1$2')
    .replace(/(unterminated quoted value|key cannot contain a space|Invalid template).*/g, '$1')
    .replace(
      /The (\\?")([^"\\]+)(\\?") variable is not set/g,
      (whole, open: string, name: string, close: string) =>
        isFrom(envFiles, name) ? `The ${open}…${close} variable is not set` : whole,
    )
}

/** A password with a `$` in it is a variable to compose. */
const isFrom = (envFiles: string, name: string): boolean =>
  envFiles.includes(`$${name}`) || envFiles.includes(`\${${name}`)
