import { type DeepReadonly, keyOf, type Pod, type Toleration } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { type PodAffinity, podAffinityOf } from './affinity-terms.js';
import { nonZeroRequests, podRequests, type Requests } from './pod-requests.js';

export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** A pod with everything about it that is asked again and again, worked out once. */
export interface PodInfo {
  readonly key: string;
  readonly uid: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly pod: Cached<Pod>;
  readonly priority: number;
  readonly isTerminating: boolean;
  readonly requests: Requests;
  /** Cpu and memory with a share for containers that ask for none. */
  readonly nonZero: { readonly milliCpu: number; readonly memoryBytes: number };
  readonly hostPorts: readonly HostPort[];
  readonly tolerations: readonly DeepReadonly<Toleration>[];
  readonly affinity: PodAffinity;
  /** Names of the claims that its volumes use, those made for it included. */
  readonly claims: readonly PodClaim[];
}

export interface PodClaim {
  readonly name: string;
  /** Made for this pod alone, and owned by it (generic ephemeral volumes). */
  readonly isEphemeral: boolean;
}

const NO_LABELS: Readonly<Record<string, string>> = {};
const NONE: readonly never[] = [];

export function createPodInfo(pod: Cached<Pod>): PodInfo {
  const { metadata, spec } = pod;
  return {
    key: keyOf(pod),
    uid: metadata.uid,
    namespace: metadata.namespace ?? '',
    labels: metadata.labels ?? NO_LABELS,
    pod,
    priority: spec?.priority ?? 0,
    isTerminating: metadata.deletionTimestamp !== undefined,
    requests: podRequests(pod),
    nonZero: nonZeroRequests(pod),
    hostPorts: hostPorts(pod),
    tolerations: spec?.tolerations ?? NONE,
    affinity: podAffinityOf(pod),
    claims: claimsOf(pod),
  };
}

function hostPorts({ spec }: DeepReadonly<Pod>): readonly HostPort[] {
  const found: HostPort[] = [];
  const collect = (containers: DeepReadonly<Pod['spec'] & {}>['containers'] | undefined, sidecarsOnly: boolean) => {
    for (const { ports, restartPolicy } of containers ?? NONE) {
      if (ports === undefined || (sidecarsOnly && restartPolicy !== 'Always')) continue;
      for (const { hostPort, hostIP, protocol } of ports)
        if (hostPort) found.push({ ip: hostIP || '0.0.0.0', protocol: protocol ?? 'TCP', port: hostPort });
    }
  };
  collect(spec?.containers, false);
  collect(spec?.initContainers, true);
  return found.length === 0 ? NONE : found;
}

function claimsOf({ metadata, spec }: Cached<Pod>): readonly PodClaim[] {
  if (!spec?.volumes?.length) return NONE;
  const claims: PodClaim[] = [];
  for (const volume of spec.volumes)
    if (volume.persistentVolumeClaim) claims.push({ name: volume.persistentVolumeClaim.claimName, isEphemeral: false });
    else if (volume.ephemeral) claims.push({ name: `${metadata.name}-${volume.name}`, isEphemeral: true });
  return claims;
}

/** Whether two wishes for a port exclude each other. 0.0.0.0 stands for all addresses. */
export function portsConflict(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0');
}
