import { request } from 'node:http';
import { runInFlight } from '../measure/in-flight.js';

/** How many pieces of work the engine is given at a time: the kubelet's default (--engine-concurrency). */
export const ENGINE_CONCURRENCY = 8;

export interface DockerPodsOptions {
  /** The name of a cluster, whose label the containers carry: `kubelab down` removes them, too. */
  readonly cluster: string;
  /** Of both containers of a pod. */
  readonly image: string;
}

/**
 * How a pause container gets a network namespace of its own: `none` is what Docker's command line has for it;
 * `disabled`, which only its API has and our kubelet uses, costs half as much.
 */
export type PauseNetwork = 'none' | 'disabled';

/** What the engine can do at best with nobody but us asking. */
export interface DockerPods {
  /** Resolves with the milliseconds until all of `count` pods run: a pause container and one that joins it, each. */
  start(count: number, network: PauseNetwork): Promise<number>;
  /** Removes what has been started. */
  remove(): Promise<void>;
}

/** Over the engine's API, from DOCKER_HOST's or Docker's own socket. Opens nothing until it is used. */
export function createDockerPods({ cluster, image }: DockerPodsOptions): DockerPods {
  const containers: string[] = [];
  const run = async (hostConfig: object, network?: PauseNetwork): Promise<string> => {
    const body = {
      Image: image,
      NetworkDisabled: network === 'disabled',
      Labels: { 'kubelab.cluster': cluster, 'kubelab.role': 'bench' },
      HostConfig: hostConfig,
    };
    const { Id } = (await callEngine('POST', '/containers/create', body)) as { Id: string };
    containers.push(Id);
    await callEngine('POST', `/containers/${Id}/start`);
    return Id;
  };
  return {
    async start(count, network) {
      const { elapsedMs } = await runInFlight(count, ENGINE_CONCURRENCY, async () => {
        const host = { NetworkMode: 'none', IpcMode: 'shareable', LogConfig: { Type: 'none', Config: {} } };
        const pause = await run(host, network);
        await run({ NetworkMode: `container:${pause}`, IpcMode: `container:${pause}` });
      });
      return elapsedMs;
    },
    async remove() {
      // Those that join another one first.
      const ids = containers.splice(0).reverse();
      await runInFlight(ids.length, ENGINE_CONCURRENCY, (index) =>
        callEngine('DELETE', `/containers/${ids[index]}?force=1&v=1`),
      );
    },
  };
}

/** How many containers, running or not, carry a cluster's label and a role. */
export async function countContainers(cluster: string, role: string): Promise<number> {
  const filters = JSON.stringify({ label: [`kubelab.cluster=${cluster}`, `kubelab.role=${role}`] });
  const found = await callEngine('GET', `/containers/json?all=1&filters=${encodeURIComponent(filters)}`);
  return (found as unknown[]).length;
}

function engineSocket(): string {
  const host = process.env.DOCKER_HOST ?? '';
  return host.startsWith('unix://') ? host.slice('unix://'.length) : '/var/run/docker.sock';
}

function callEngine(method: string, path: string, body?: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = { host: 'docker', 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const outgoing = request({ socketPath: engineSocket(), method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const answer = Buffer.concat(chunks).toString();
        if ((response.statusCode ?? 500) < 400) resolve(answer === '' ? undefined : JSON.parse(answer));
        else reject(new Error(`the engine refused ${method} ${path}: ${response.statusCode} ${answer.trim()}`));
      });
    });
    outgoing.once('error', reject);
    outgoing.end(text);
  });
}
