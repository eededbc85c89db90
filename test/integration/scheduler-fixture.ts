import { type ChildProcess, spawn } from 'node:child_process';
import { once, setMaxListeners } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Node, nodes, type Pod, type PodSpec, pods } from '@kubelab/api';
import { createApiClient, type SessionApiClient, type WatchEvent } from '@kubelab/client';
import { createHealthChecks, createTracer, parseOptions } from '@kubelab/runtime';
import { issueCertificate, writeKeyPair } from '@kubelab/runtime/certificates';
import { createScheduler, schedulerOptions } from '@kubelab/scheduler';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { build } from 'esbuild';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const log = pino({ level: process.env.KUBELAB_TEST_LOG ?? 'silent' });

export interface RunningScheduler {
  readonly metrics: Registry;
  stop(): Promise<void>;
}

export interface SchedulerProcess {
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** etcd, an apiserver, and schedulers on them as system:kube-scheduler. No kubelet, no controllers. */
export interface SchedulerCluster {
  readonly etcd: EtcdProcess;
  readonly api: RunningApiserver;
  readonly client: SessionApiClient;
  readonly directory: string;
  startScheduler(...flags: string[]): RunningScheduler;
  /** The sources as one file, so that no stale build is tested. */
  startSchedulerProcess(...flags: string[]): Promise<SchedulerProcess>;
  addNode(name: string, over?: Partial<Node>): Promise<void>;
  addPod(name: string, spec?: Partial<PodSpec>, metadata?: Pod['metadata']): Promise<Pod>;
  pod(name: string): Promise<Pod>;
  /** Resolves with the pod once `test` is true of it. */
  until(name: string, what: string, test: (pod: Pod) => boolean): Promise<Pod>;
  /** Every event of pods from now on. */
  recordPods(): Promise<WatchEvent<Pod>[]>;
  stop(): Promise<void>;
}

export async function startSchedulerCluster(): Promise<SchedulerCluster> {
  const etcd = await startEtcd();
  const api = await startApiserver({ etcd: etcd.endpoint });
  const directory = await mkdtemp(join(tmpdir(), 'kubelab-scheduler-'));
  const identity = await issueCertificate(api.authority, { commonName: 'system:kube-scheduler', usages: ['client'] });
  const { certFile, keyFile } = await writeKeyPair(directory, 'scheduler', identity);
  const caFile = join(directory, 'ca.crt');
  await writeFile(caFile, api.authority.certificatePem);
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  const ending: (() => unknown)[] = [];
  const client = createApiClient({
    addresses: [`127.0.0.1:${api.grpcPort}`],
    tls: {
      ca: Buffer.from(api.authority.certificatePem),
      cert: Buffer.from(api.admin.certificatePem),
      key: Buffer.from(api.admin.privateKeyPem),
    },
    component: 'scheduler-test',
    log,
  });
  ending.push(() => client.close());
  const argumentsOf = (flags: readonly string[]) => [
    `--apiserver=127.0.0.1:${api.grpcPort}`,
    `--ca-file=${caFile}`,
    `--cert-file=${certFile}`,
    `--key-file=${keyFile}`,
    ...flags,
  ];
  const pod = (name: string) => client.get(pods, { namespace: 'default', name });

  return {
    etcd,
    api,
    client,
    directory,
    startScheduler(...flags) {
      const stop = new AbortController();
      setMaxListeners(0, stop.signal);
      const scheduler = createScheduler(parseOptions(argumentsOf(flags), schedulerOptions));
      const metrics = new Registry();
      const tracer = createTracer({ component: 'scheduler' });
      const running = scheduler.run(stop.signal, { log, metrics, tracer, health: createHealthChecks() });
      const end = async () => {
        stop.abort();
        await running.catch((error: unknown) => {
          if (!stop.signal.aborted) throw error;
        });
      };
      ending.push(end);
      return { metrics, stop: end };
    },
    async startSchedulerProcess(...flags) {
      const output = openSync(join(directory, 'scheduler.log'), 'a');
      const args = [await bundleScheduler(ending), ...argumentsOf(['--log-level=info', ...flags])];
      const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', output, output] });
      closeSync(output);
      const kill = () => killProcess(child);
      ending.push(kill);
      return { kill };
    },
    async addNode(name, over = {}) {
      const status = { allocatable: { cpu: '4', memory: '8Gi', pods: '110' } };
      await client.create(nodes, {
        metadata: { name, labels: { 'kubernetes.io/hostname': name } },
        ...over,
        status: { ...status, capacity: status.allocatable, ...over.status },
      });
      // New nodes are tainted until they are ready, and nobody is here to say that they are.
      await client.patch(nodes, { namespace: '', name }, 'merge', { spec: { taints: over.spec?.taints ?? null } });
    },
    addPod: (name, spec = {}, metadata = {}) =>
      client.create(pods, {
        metadata: { namespace: 'default', name, ...metadata },
        spec: { containers: [{ name: 'c', image: 'i' }], terminationGracePeriodSeconds: 0, ...spec },
      }),
    pod,
    async until(name, what, test) {
      let last: Pod | undefined;
      await expect
        .poll(
          async () => {
            last = await pod(name);
            return test(last) ? what : JSON.stringify(last.status);
          },
          { timeout: 30_000, interval: 50 },
        )
        .toBe(what);
      return last as Pod;
    },
    async recordPods() {
      const events: WatchEvent<Pod>[] = [];
      const { resourceVersion } = (await client.list(pods)).metadata;
      const watching = (async () => {
        const watch = client.watch(pods, { ...(resourceVersion ? { resourceVersion } : {}), signal: stopping.signal });
        for await (const event of watch) events.push(event);
      })().catch(() => undefined);
      ending.push(() => watching);
      return events;
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

async function killProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

let bundled: Promise<string> | undefined;

function bundleScheduler(ending: (() => unknown)[]): Promise<string> {
  bundled ??= (async () => {
    const outfile = join(ROOT, `packages/scheduler/node_modules/.cache/test-${process.pid}.mjs`);
    await build({
      entryPoints: [join(ROOT, 'packages/scheduler/src/main.ts')],
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

export const requesting = (requests: Record<string, string>): Pick<PodSpec, 'containers'> => ({
  containers: [{ name: 'c', image: 'i', resources: { requests } }],
});

export const scheduledCondition = ({ status }: Pod) => status?.conditions?.find(({ type }) => type === 'PodScheduled');
