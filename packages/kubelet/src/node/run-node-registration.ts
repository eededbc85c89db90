import { isApiError } from '@kubelab/api';
import { type Clock, createBackoff, sleep } from '@kubelab/runtime';
import { NodeRegistration, type NodeRegistrationOptions } from './node-registration.js';

/** How often the status is looked at, and how soon while the node is not ready. */
const CHECK_INTERVAL_MS = 10_000;
const NOT_READY_INTERVAL_MS = 200;

/** Registers the node, then keeps its status true until the signal aborts. A node that was deleted is registered again. */
export async function runNodeRegistration(
  options: NodeRegistrationOptions & { readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = options;
  const registration = new NodeRegistration(options);
  const backoff = createBackoff({ initialMs: 100, maxMs: 7_000 });
  while (!signal.aborted) {
    let delayMs: number;
    try {
      const ready = await registration.report(signal);
      backoff.reset();
      delayMs = ready ? CHECK_INTERVAL_MS : NOT_READY_INTERVAL_MS;
    } catch (error) {
      if (signal.aborted) return;
      delayMs = backoff.next();
      // Others write to the node too: its podCIDR, its taints.
      const level = isApiError(error, 'Conflict') ? 'debug' : 'warn';
      log[level]({ error }, 'cannot report the status of the node');
    }
    await sleep(delayMs, signal, clock).catch(() => undefined);
  }
}
