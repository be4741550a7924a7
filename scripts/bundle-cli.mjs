// Makes the command line as the director's image holds it: `node scripts/bundle-cli.mjs TARGET`. A few files without
// packages, so that they can be handed to the host and start quickly there, on any Node from 20 on (the doctor: one with node:sqlite).
import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'

const target = process.argv[2]
const root = join(import.meta.dirname, '..')

/** Docker is reached by its socket alone: what dockerode would load for SSH and for BuildKit's sessions is left out. */
const withoutTransports = {
  name: 'without-transports',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(ssh2|@grpc\/.*|protobufjs.*)$/ }, ({ path }) => ({ path, namespace: 'none' }))
    onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: 'module.exports = {}' }))
  },
}

/** zod's messages in fifty languages are 300 of the 770 KB that every command would load. */
const inEnglish = {
  name: 'in-english',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, ({ path }) => ({
      contents: "export { default as en } from './en.js'",
      resolveDir: dirname(path),
    }))
  },
}

/** An import of node:http reads all that it exports, and so loads the whole of fetch and WebSocket; a require does not. */
const httpByRequire = {
  name: 'http-by-require',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?https?$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'by-require' } : { path, external: true },
    )
    onLoad({ filter: /.*/, namespace: 'by-require' }, ({ path }) => ({
      contents: `module.exports = require('${path}')`,
    }))
  },
}

await build({
  entryPoints: { main: join(root, 'src/cli/main.ts') },
  outdir: target,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: true,
  logLevel: 'warning',
  plugins: [withoutTransports, inEnglish, httpByRequire],
  banner: {
    js: "import{createRequire as requireHere}from'node:module';const require=requireHere(import.meta.url);",
  },
})
// The doctor starts slots, and what they are started with may be lost.
for (const name of readdirSync(join(root, 'src/workload/preload')).filter((name) => name.endsWith('.cjs')))
  copyFileSync(join(root, 'src/workload/preload', name), join(target, name))
copyFileSync(join(root, 'src/cli/host-command.sh'), join(target, 'switchyard'))
chmodSync(join(target, 'switchyard'), 0o755)

const hash = createHash('sha256')
for (const name of readdirSync(target).sort())
  hash.update(`${name}\0`).update(readFileSync(join(target, name)))
writeFileSync(join(target, 'VERSION'), `${hash.digest('hex').slice(0, 16)}\n`)
