import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type Docker from 'dockerode'

/** Runs `argv` in a new container of `image` to its end, and answers with what it wrote. Throws with that where it ends badly. */
export async function runIn(
  docker: Docker,
  image: string,
  argv: readonly string[],
  options: Docker.ContainerCreateOptions = {},
): Promise<string> {
  const [program = '', ...args] = argv
  const container = await docker.createContainer({
    ...options,
    Image: image,
    Entrypoint: [program],
    Cmd: args,
  })
  try {
    const both = new PassThrough()
    const stream = await container.attach({ stream: true, stdout: true, stderr: true })
    container.modem.demuxStream(stream, both, both)
    stream.once('end', () => both.end())
    const said = text(both)
    await container.start()
    const { StatusCode } = await container.wait()
    const output = await said
    if (StatusCode !== 0)
      throw new Error(`${argv.join(' ')} ended with ${StatusCode} in ${image}: ${output.trim()}`)
    return output
  } finally {
    await container.remove({ force: true, v: true })
  }
}
