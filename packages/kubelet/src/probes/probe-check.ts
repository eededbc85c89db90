import type { DeepReadonly, Probe } from '@kubelab/api';
import { checkExec } from './exec-check.js';
import { checkGrpc } from './grpc-check.js';
import { checkHttp } from './http-check.js';
import type { ProbeAttempt, ProbeTarget } from './probe-attempt.js';
import { checkTcp } from './tcp-check.js';

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
