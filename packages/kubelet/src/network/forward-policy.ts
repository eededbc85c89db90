import { runWithInput } from './ip-command.js';

const CHAIN = 'KUBELAB-FORWARD';

/**
 * Lets pods' traffic through where the FORWARD policy is DROP: in the machine's
 * own network namespace Docker sets it so, and an accept in a table of ours
 * would not overrule it. Does nothing where the policy is ACCEPT or there is no
 * iptables.
 */
export async function acceptForwarding(podCidrs: readonly string[], signal: AbortSignal): Promise<void> {
  const present = await listForward(signal);
  if (!present.includes('-P FORWARD DROP')) return;
  const rules = podCidrs.flatMap((cidr) => [`-A ${CHAIN} -s ${cidr} -j ACCEPT`, `-A ${CHAIN} -d ${cidr} -j ACCEPT`]);
  const jump = present.includes(`-A FORWARD -j ${CHAIN}`) ? [] : [`-I FORWARD 1 -j ${CHAIN}`];
  const input = ['*filter', `:${CHAIN} - [0:0]`, ...rules, ...jump, 'COMMIT', ''].join('\n');
  await runWithInput('iptables-restore', ['--noflush', '--wait'], input, signal);
}

async function listForward(signal: AbortSignal): Promise<readonly string[]> {
  try {
    return (await runWithInput('iptables', ['--wait', '-S', 'FORWARD'], '', signal)).split('\n');
  } catch (error) {
    signal.throwIfAborted();
    if (((error as Error).cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
