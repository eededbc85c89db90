import type { DeepReadonly, Probe } from '@kubelab/api';
import type { ContainerRuntime } from '../container-runtime/runtime.js';
import type { ReadonlyContainer } from '../pod.js';
import { checkExec } from './exec-check.js';
import { checkGrpc } from './grpc-check.js';
import { checkHttp } from './http-check.js';
import { checkTcp } from './tcp-check.js';

/** What one attempt of a probe has found. `error`: it could not be made, which counts neither way. */
export interface ProbeAttempt {
  readonly outcome: 'success' | 'failure' | 'error';
  /** For people: the output of the command, or why there was no good answer. */
  readonly output: string;
}

export interface ProbeTarget {
  readonly runtime: ContainerRuntime;
  readonly containerId: string;
  readonly container: ReadonlyContainer;
  readonly podIP: string;
}

export type ReadonlyProbe = DeepReadonly<Probe>;

/** Asks the container once, within the probe's time limit. Rejects only with the signal's reason. */
export async function checkProbe(
  probe: ReadonlyProbe,
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<ProbeAttempt> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  try {
    if (probe.exec) return await checkExec(probe.exec.command ?? [], target, timeoutMs, signal);
    if (probe.httpGet) return await checkHttp(probe.httpGet, target, timeoutMs, signal);
    if (probe.tcpSocket) return await checkTcp(probe.tcpSocket, target, timeoutMs, signal);
    if (probe.grpc) return await checkGrpc(probe.grpc, target, timeoutMs, signal);
    return { outcome: 'error', output: `missing probe handler for container ${target.container.name}` };
  } catch (error) {
    if (signal.aborted) throw error;
    return { outcome: 'error', output: (error as Error).message };
  }
}
