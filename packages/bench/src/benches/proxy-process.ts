import { execFile } from 'node:child_process';
import { get } from 'node:http';
import { promisify } from 'node:util';
import type { BenchCluster } from '../cluster/bench-cluster.js';
import { until } from '../measure/until.js';

const run = promisify(execFile);
const METRICS_PORT = 10249;
const LIMIT_MS = 60_000;

/** Enters the network namespace of a process. */
type InNamespace = (command: string, ...args: string[]) => Promise<string>;

/**
 * Kills the node's proxy, which its supervisor starts again at once; `between`
 * is done as soon as it is dead. Resolves with the time of the kill, by
 * `performance.now()`.
 */
export async function restartProxy(
  cluster: BenchCluster,
  signal: AbortSignal,
  between?: (inNode: InNamespace) => Promise<void>,
): Promise<number> {
  const processes = await cluster.processes();
  const proxy = processes.find(({ component }) => component === 'proxy');
  const kubelet = processes.find(({ component }) => component === 'kubelet');
  if (!proxy || !kubelet) throw new Error('the cluster has no proxy');
  // The kubelet lives in the same namespace.
  const inNode: InNamespace = async (command, ...args) =>
    (await run('nsenter', [`--net=/proc/${kubelet.pid}/ns/net`, command, ...args], { signal })).stdout;
  const startedMs = performance.now();
  process.kill(proxy.pid, 'SIGKILL');
  await between?.(inNode);
  return startedMs;
}

/** Removes the tables of ours, and no others: Docker has rules there, too. */
export async function emptyProxyRules(inNode: InNamespace): Promise<void> {
  const tables = (await inNode('nft', 'list', 'tables')).split('\n').filter((line) => line.includes('kubelab'));
  for (const line of tables) await inNode('nft', 'delete', ...line.trim().split(' '));
}

/** How long the first transactions of the running proxy took together, as it says itself, once there has been one. */
export async function readSyncSeconds({ nodes }: BenchCluster, signal: AbortSignal): Promise<number> {
  const name = 'kubeproxy_sync_proxy_rules_duration_seconds';
  const look = async (): Promise<number | undefined> => {
    const text = await fetchText(`http://${nodes[0]?.address}:${METRICS_PORT}/metrics`);
    const value = (suffix: string): number =>
      Number(new RegExp(`^${name}_${suffix} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
    return value('count') > 0 ? value('sum') : undefined;
  };
  return until('the proxy has programmed its rules', look, { signal, limitMs: LIMIT_MS });
}

/** Empty while nobody answers. */
function fetchText(url: string): Promise<string> {
  return new Promise((resolve) => {
    const outgoing = get(url, { agent: false, timeout: 2_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', () => resolve(''));
      response.once('end', () => resolve(Buffer.concat(chunks).toString()));
    });
    outgoing.once('timeout', () => outgoing.destroy());
    outgoing.once('error', () => resolve(''));
  });
}
