import Docker from 'dockerode';
import { readCgroupStats } from './cgroup-stats.js';
import type { DockerContainerSettings } from './docker-container-options.js';
import { dockerContainers } from './docker-containers.js';
import { engineCall } from './docker-errors.js';
import { dockerEvents } from './docker-events.js';
import { dockerImages } from './docker-images.js';
import { dockerProcesses } from './docker-processes.js';
import type { ContainerRuntime } from './runtime.js';

export interface DockerRuntimeOptions extends DockerContainerSettings {
  /** `unix:///var/run/docker.sock`, or `tcp://HOST:PORT`. */
  readonly dockerHost: string;
}

/** A {@link ContainerRuntime} over the Docker Engine API (1.41, Docker 20.10, and newer). */
export function createDockerRuntime(options: DockerRuntimeOptions): ContainerRuntime {
  const docker = new Docker(connectionOptions(options.dockerHost));
  return {
    ...dockerContainers(docker, options),
    ...dockerImages(docker),
    ...dockerProcesses(docker),

    stats: (container) => readCgroupStats(container),
    events: (signal, onOpen) => dockerEvents(docker, options.ownership, signal, onOpen),

    async information(signal) {
      const info = (await engineCall('read engine information', signal, () => docker.info())) as {
        ServerVersion: string;
        DockerRootDir: string;
        CgroupVersion?: string;
      };
      return {
        name: 'docker',
        version: info.ServerVersion,
        rootDirectory: info.DockerRootDir,
        cgroupVersion: info.CgroupVersion ?? '1',
      };
    },
  };
}

function connectionOptions(dockerHost: string): Docker.DockerOptions {
  const url = new URL(dockerHost);
  if (url.protocol === 'unix:') return { socketPath: url.pathname };
  return { protocol: 'http', host: url.hostname, port: url.port === '' ? 2375 : Number(url.port) };
}
