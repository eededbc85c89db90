import type { ReadonlyPod } from '../pod.js';
import type { PodFailure } from '../pod-worker/pod-failure.js';

/** Those that a pod may set without being allowed to: they touch nobody else (Kubernetes' safe set). */
const SAFE_SYSCTLS: readonly string[] = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
];

/** By namespace of the kernel: those of one that the pod shares with its node are the node's. */
const IPC_SYSCTL = /^(kernel\.(shm|msg|sem)|fs\.mqueue\.)/;
const NETWORK_SYSCTL = /^net\./;

/**
 * Why the node does not take a pod for its sysctls; undefined: it does. `allowed`
 * are the unsafe ones that this node permits: names, or `PREFIX*`. Pure.
 */
export function forbiddenSysctl(pod: ReadonlyPod, allowed: readonly string[]): PodFailure | undefined {
  const { securityContext, hostNetwork, hostIPC } = pod.spec ?? {};
  for (const sysctl of securityContext?.sysctls ?? []) {
    // Both spellings are the kernel's.
    const name = sysctl.name.replaceAll('/', '.');
    const isAllowed = [...SAFE_SYSCTLS, ...allowed].some((pattern) =>
      pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    );
    if (!isAllowed) return rejection(`forbidden sysctl: ${JSON.stringify(sysctl.name)} not allowlisted`);
    if (hostNetwork && NETWORK_SYSCTL.test(name)) {
      return rejection(`forbidden sysctl: ${JSON.stringify(sysctl.name)} not allowed with host net enabled`);
    }
    if (hostIPC && IPC_SYSCTL.test(name)) {
      return rejection(`forbidden sysctl: ${JSON.stringify(sysctl.name)} not allowed with host ipc enabled`);
    }
  }
  return undefined;
}

function rejection(message: string): PodFailure {
  return { reason: 'SysctlForbidden', message: `Pod was rejected: ${message}` };
}
