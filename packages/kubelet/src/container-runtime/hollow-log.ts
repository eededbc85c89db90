import { type Clock, sleep } from '@kubelab/runtime';
import type { ContainerLogsOptions, OutputChunk, RuntimeContainer } from './runtime.js';

/** How often a followed log is looked at for its end. */
const LOOK_EVERY_MS = 500;

/** All that a hollow container has to say. */
export async function* hollowLog(
  container: RuntimeContainer,
  { stdout, tailLines, timestamps, sinceMs, follow }: ContainerLogsOptions,
  clock: Clock,
  signal: AbortSignal,
): AsyncIterable<OutputChunk> {
  const { pod, name, startedAtMs } = container;
  if (stdout && tailLines !== 0 && startedAtMs > 0 && startedAtMs >= (sinceMs ?? 0)) {
    const line = `container ${name} of pod ${pod.namespace}/${pod.name} is hollow: it pretends to run, and says nothing else`;
    const prefix = timestamps ? `${new Date(startedAtMs).toISOString()} ` : '';
    yield { stream: 'stdout', data: Buffer.from(`${prefix}${line}\n`) };
  }
  while (follow && container.state === 'running' && !signal.aborted) {
    await sleep(LOOK_EVERY_MS, signal, clock).catch(() => undefined);
  }
}
