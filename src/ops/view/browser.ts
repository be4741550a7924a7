const BROWSERS: readonly (readonly [name: string, version: RegExp])[] = [
  ['Edge', /Edg(?:A|iOS)?\/(\d+)/],
  ['Opera', /OPR\/(\d+)/],
  ['Firefox', /(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /(?:Chrome|CriOS)\/(\d+)/],
  ['Safari', /Version\/(\d+).* Safari\//],
]

const SYSTEMS: readonly (readonly [name: string, sign: RegExp])[] = [
  ['iPhone', /iPhone/],
  ['iPad', /iPad/],
  ['Android', /Android/],
  ['Windows', /Windows/],
  ['macOS', /Mac OS X|Macintosh/],
  ['ChromeOS', /CrOS/],
  ['Linux', /Linux/],
]

/** `Chrome 142 on Linux` for a `User-Agent`; one that is not of a browser that is known stays as it is. */
export function browserWords(userAgent: string): string {
  const browser = BROWSERS.flatMap(([name, version]) => {
    const found = version.exec(userAgent)?.[1]
    return found === undefined ? [] : [`${name} ${found}`]
  })[0]
  if (browser === undefined) return userAgent
  const system = SYSTEMS.find(([, sign]) => sign.test(userAgent))?.[0]
  return system === undefined ? browser : `${browser} on ${system}`
}
