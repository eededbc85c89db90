import { type ChildProcess, spawn } from 'node:child_process';
import { once, setMaxListeners } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Deployment,
  type KubernetesObject,
  nodes,
  type Persisted,
  type Pod,
  type PodTemplateSpec,
  pods,
  type ReplicaSet,
  type ResourceType,
  replicaSets,
} from '@kubelab/api';
import { createApiClient, type SessionApiClient, type WatchEvent } from '@kubelab/client';
import { controllerManagerOptions, createControllerManager } from '@kubelab/controller-manager';
import { createHealthChecks, createTracer, parseOptions } from '@kubelab/runtime';
import { issueCertificate, writeKeyPair } from '@kubelab/runtime/certificates';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { build } from 'esbuild';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const log = pino({ level: process.env.KUBELAB_TEST_LOG ?? 'silent' });

/** A controller-manager, in this process or as its own. */
export interface RunningManager {
  /** As SIGTERM. */
  stop(): Promise<void>;
  /** SIGKILL; only for one that is a process. */
  kill(): Promise<void>;
}

/** etcd and an apiserver, and what it takes to run controller-managers on them. No scheduler, no kubelet. */
export interface ControllerCluster {
  readonly etcd: EtcdProcess;
  readonly api: RunningApiserver;
  readonly client: SessionApiClient;
  newClient(): SessionApiClient;
  startManager(...flags: string[]): RunningManager;
  /** The sources as one file, so that no stale build is tested. */
  startManagerProcess(...flags: string[]): Promise<RunningManager>;
  /** Every watch event from now on, until the cluster stops. */
  record<T extends KubernetesObject>(
    resource: ResourceType<T>,
    options?: { namespace?: string; labelSelector?: string },
  ): Promise<WatchEvent<T>[]>;
  /** Makes nodes that are ready. */
  addNodes(...names: string[]): Promise<void>;
  stop(): Promise<void>;
}

export async function startControllerCluster(apiserverFlags: readonly string[] = []): Promise<ControllerCluster> {
  const etcd = await startEtcd();
  const api = await startApiserver({ etcd: etcd.endpoint, flags: apiserverFlags });
  const directory = await mkdtemp(join(tmpdir(), 'kubelab-controllers-'));
  const identity = await issueCertificate(api.authority, {
    commonName: 'system:kube-controller-manager',
    usages: ['client'],
  });
  const { certFile, keyFile } = await writeKeyPair(directory, 'controller-manager', identity);
  const caFile = join(directory, 'ca.crt');
  await writeFile(caFile, api.authority.certificatePem);
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  const ending: (() => unknown)[] = [];

  const newClient = () => {
    const client = createApiClient({
      addresses: [`127.0.0.1:${api.grpcPort}`],
      tls: {
        ca: Buffer.from(api.authority.certificatePem),
        cert: Buffer.from(api.admin.certificatePem),
        key: Buffer.from(api.admin.privateKeyPem),
      },
      component: 'controllers-test',
      log,
    });
    ending.push(() => client.close());
    return client;
  };
  const client = newClient();
  const argumentsOf = (flags: readonly string[]) => [
    `--apiserver=127.0.0.1:${api.grpcPort}`,
    `--ca-file=${caFile}`,
    `--cert-file=${certFile}`,
    `--key-file=${keyFile}`,
    ...flags,
  ];

  return {
    etcd,
    api,
    client,
    newClient,
    startManager(...flags) {
      const stop = new AbortController();
      setMaxListeners(0, stop.signal);
      const manager = createControllerManager(parseOptions(argumentsOf(flags), controllerManagerOptions));
      const health = createHealthChecks();
      const tracer = createTracer({ component: 'controller-manager' });
      const running = manager.run(stop.signal, { log, metrics: new Registry(), tracer, health });
      const end = async () => {
        stop.abort();
        await running;
      };
      ending.push(end);
      return { stop: end, kill: () => Promise.reject(new Error('it is no process of its own')) };
    },
    async startManagerProcess(...flags) {
      const file = join(directory, 'manager.log');
      const output = openSync(file, 'a');
      const args = [await bundleManager(ending), ...argumentsOf(['--log-level=debug', ...flags])];
      const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', output, output] });
      closeSync(output);
      ending.push(() => endProcess(child, 'SIGKILL'));
      return { stop: () => endProcess(child, 'SIGTERM'), kill: () => endProcess(child, 'SIGKILL') };
    },
    async record(resource, options = {}) {
      const events: WatchEvent<never>[] = [];
      const { metadata } = await client.list(resource, options);
      const { resourceVersion } = metadata;
      const watching = (async () => {
        const watch = client.watch(resource, { ...options, resourceVersion, signal: stopping.signal });
        for await (const event of watch) events.push(event as never);
      })().catch(() => undefined);
      ending.push(() => watching);
      return events as never;
    },
    async addNodes(...names) {
      for (const name of names) {
        await client.create(nodes, { metadata: { name } });
        const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: now() }];
        const patch = { status: { conditions } };
        await client.patch(nodes, { namespace: '', name }, 'strategic', patch, { subresource: 'status' });
      }
    },
    async stop() {
      stopping.abort();
      for (const end of ending.reverse()) await end();
      await api.stop();
      await etcd.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

let bundled: Promise<string> | undefined;

function bundleManager(ending: (() => unknown)[]): Promise<string> {
  bundled ??= (async () => {
    const outfile = join(ROOT, `packages/controller-manager/node_modules/.cache/test-${process.pid}.mjs`);
    await build({
      entryPoints: [join(ROOT, 'packages/controller-manager/src/main.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      packages: 'external',
      alias: Object.fromEntries(
        ['api', 'client', 'runtime'].map((one) => [`@kubelab/${one}`, join(ROOT, `packages/${one}/src/index.ts`)]),
      ),
      logLevel: 'error',
    });
    ending.push(() => {
      bundled = undefined;
      return rm(outfile, { force: true });
    });
    return outfile;
  })();
  return bundled;
}

export const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

export const template = (app: string, image = 'nginx:1'): PodTemplateSpec => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'c', image }], terminationGracePeriodSeconds: 1 },
});

export function newDeployment(
  namespace: string,
  name: string,
  replicas: number,
  spec: Partial<NonNullable<Deployment['spec']>> = {},
): Deployment {
  return {
    metadata: { namespace, name },
    spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name), ...spec },
  };
}

export function newReplicaSet(namespace: string, name: string, replicas: number): ReplicaSet {
  const selector = { matchLabels: { app: name } };
  return { metadata: { namespace, name }, spec: { replicas, selector, template: template(name) } };
}

export const isActive = ({ metadata, status }: Pod): boolean =>
  metadata?.deletionTimestamp === undefined && status?.phase !== 'Failed' && status?.phase !== 'Succeeded';
export const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
export const imageOf = ({ spec }: Pod | ReplicaSet): string | undefined =>
  (spec as { containers?: { image?: string }[]; template?: PodTemplateSpec } | undefined)?.containers?.[0]?.image ??
  (spec as { template?: PodTemplateSpec } | undefined)?.template?.spec?.containers?.[0]?.image;

/** The pods after each event, one state after the other. */
export function* statesOf(
  initial: readonly Persisted<Pod>[],
  events: readonly WatchEvent<Pod>[],
): Generator<Persisted<Pod>[]> {
  const present = new Map(initial.map((pod) => [pod.metadata.uid, pod]));
  for (const { type, object } of events) {
    if (type === 'BOOKMARK') continue;
    if (type === 'DELETED') present.delete(object.metadata.uid);
    else present.set(object.metadata.uid, object);
    yield [...present.values()];
  }
}

/** Waits until `look` gives no error; up to a minute unless said otherwise. */
export function eventually(look: () => unknown, timeout = 60_000): Promise<void> {
  return expect
    .poll(
      async () => {
        await look();
        return true;
      },
      { timeout, interval: 50 },
    )
    .toBe(true);
}

export async function listPods(client: SessionApiClient, namespace: string, app?: string): Promise<Persisted<Pod>[]> {
  return (await client.list(pods, { namespace, ...(app ? { labelSelector: `app=${app}` } : {}) })).items;
}

export async function listReplicaSets(client: SessionApiClient, namespace: string): Promise<Persisted<ReplicaSet>[]> {
  return (await client.list(replicaSets, { namespace })).items;
}
