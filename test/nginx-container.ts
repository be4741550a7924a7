import type Docker from 'dockerode'

/** nginx as `traffic_proxy` of docker-compose.release.yml, with `dir` as the project's directory. */
export function nginxContainer(
  dir: string,
  image: string,
  extraHosts: readonly string[],
): Docker.ContainerCreateOptions & { HostConfig: Docker.HostConfig } {
  return {
    Image: image,
    Entrypoint: [],
    Cmd: ['nginx', '-e', 'stderr', '-c', '/etc/switchyard/nginx/proxy.conf', '-g', 'daemon off;'],
    User: '1000:1000',
    StopSignal: 'SIGQUIT',
    HostConfig: {
      Init: true,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      Tmpfs: { '/tmp': 'uid=1000,gid=1000,mode=0700,size=128m' },
      Binds: [
        `${dir}/nginx:/etc/switchyard/nginx:ro`,
        `${dir}/state/assets:/srv/assets:ro`,
        `${dir}/state/traffic:/var/log/switchyard`,
      ],
      ExtraHosts: [...extraHosts],
      PidsLimit: 64,
      Memory: 384 * 1024 * 1024,
    },
  }
}
