import { qosClass, quantityMilliValue, quantityValue } from '@kubelab/api';
import type { ContainerResources } from '../container-runtime/runtime.js';
import type { ReadonlyContainer, ReadonlyPod } from '../pod.js';

const MIN_CPU_SHARES = 2;
const MAX_CPU_SHARES = 262_144;
const SHARES_PER_CPU = 1024;
const QUOTA_PERIOD_MICROSECONDS = 100_000;
const MIN_QUOTA_MICROSECONDS = 1000;

const GUARANTEED_OOM_SCORE = -997;
const BEST_EFFORT_OOM_SCORE = 1000;
/** Pods of this priority and above are system-critical. */
const SYSTEM_CRITICAL_PRIORITY = 2_000_000_000;

/** A container's requests and limits as what the kernel is told. */
export function containerResources(
  pod: ReadonlyPod,
  container: ReadonlyContainer,
  machineMemoryBytes: number,
): ContainerResources {
  const { requests = {}, limits = {} } = container.resources ?? {};
  const cpuLimit = limits.cpu === undefined ? 0 : quantityMilliValue(limits.cpu);
  const cpuRequest = requests.cpu === undefined ? cpuLimit : quantityMilliValue(requests.cpu);
  const memoryLimit = limits.memory === undefined ? 0 : quantityValue(limits.memory);
  return {
    cpuShares: cpuShares(cpuRequest),
    cpuQuotaMicroseconds: cpuQuota(cpuLimit),
    memoryBytes: memoryLimit === 0 ? undefined : memoryLimit,
    oomScoreAdjust: oomScoreAdjust(pod, requests.memory ?? limits.memory, machineMemoryBytes),
  };
}

/** Microseconds of CPU in a period; undefined: no limit. */
export function cpuQuota(milliCpu: number): number | undefined {
  if (milliCpu === 0) return undefined;
  return Math.max(MIN_QUOTA_MICROSECONDS, Math.floor((milliCpu * QUOTA_PERIOD_MICROSECONDS) / 1000));
}

export function milliCpuOfQuota(quotaMicroseconds: number): number {
  return Math.ceil((quotaMicroseconds * 1000) / QUOTA_PERIOD_MICROSECONDS);
}

export function milliCpuOfShares(shares: number): number {
  return Math.ceil((shares * 1000) / SHARES_PER_CPU);
}

export function cpuShares(milliCpu: number): number {
  return Math.min(MAX_CPU_SHARES, Math.max(MIN_CPU_SHARES, Math.floor((milliCpu * SHARES_PER_CPU) / 1000)));
}

/** The less of its memory request a pod may use, the sooner it is killed when the node runs out. */
function oomScoreAdjust(pod: ReadonlyPod, memoryRequest: string | undefined, machineMemoryBytes: number): number {
  if ((pod.spec?.priority ?? 0) >= SYSTEM_CRITICAL_PRIORITY) return GUARANTEED_OOM_SCORE;
  const quality = qosClass(pod);
  if (quality === 'Guaranteed') return GUARANTEED_OOM_SCORE;
  if (quality === 'BestEffort') return BEST_EFFORT_OOM_SCORE;
  const requestBytes = memoryRequest === undefined ? 0 : quantityValue(memoryRequest);
  const score = Math.floor(1000 - (1000 * requestBytes) / machineMemoryBytes);
  return Math.min(BEST_EFFORT_OOM_SCORE - 1, Math.max(1000 + GUARANTEED_OOM_SCORE, score));
}
