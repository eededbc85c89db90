import { connect } from 'node:net';
import type { DeepReadonly, TCPSocketAction } from '@kubelab/api';
import { containerPort } from './container-port.js';
import { socketProblem } from './http-check.js';
import type { ProbeAttempt, ProbeTarget } from './probe-attempt.js';

/** A connection that is taken is success. */
export function checkTcp(
  action: DeepReadonly<TCPSocketAction>,
  { container, podIP }: ProbeTarget,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeAttempt> {
  const host = action.host || podIP;
  const port = containerPort(action.port, container);
  return new Promise((resolve, reject) => {
    const late = AbortSignal.timeout(timeoutMs);
    const socket = connect({ host, port, signal: AbortSignal.any([late, signal]) });
    socket.once('connect', () => {
      socket.destroy();
      resolve({ outcome: 'success', output: '' });
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) return reject(signal.reason);
      const problem = late.aborted ? 'i/o timeout' : socketProblem(error);
      resolve({ outcome: 'failure', output: `dial tcp ${host}:${port}: ${problem}` });
    });
  });
}
