import { canonicalQuantity, type NodeCondition, type NodeStatus, type NodeSystemInfo } from '@kubelab/api';
import type { RuntimeImage, RuntimeInformation } from '../container-runtime/runtime.js';
import { formatTime } from '../status/time.js';
import type { Machine, MachinePressure } from './machine.js';

/** The level of Kubernetes' API that is spoken, and that it is us. */
export const KUBELET_VERSION = 'v1.34.0+kubelab';

/** Thresholds at which Kubernetes begins to evict; below the first, allocatable is kept free. */
const MIN_MEMORY_AVAILABLE_BYTES = 100 * 1024 * 1024;
const MIN_AVAILABLE_RATIO = 0.1;
const MAX_IMAGES = 50;

export interface NodeStatusInput {
  readonly nodeName: string;
  readonly nodeIp: string;
  readonly port: number;
  readonly maxPods: number;
  readonly machine: Machine;
  readonly diskBytes: number;
  readonly runtime: RuntimeInformation;
  readonly images: readonly RuntimeImage[];
  readonly pressure: MachinePressure;
  /** Why the node cannot run pods; undefined when it can. */
  readonly notReady: string | undefined;
  readonly before: readonly NodeCondition[];
  readonly nowMs: number;
}

/** The status of the node. Pure. */
export function nodeStatus(input: NodeStatusInput): NodeStatus {
  const capacity = nodeCapacity(input);
  return {
    addresses: [
      { type: 'InternalIP', address: input.nodeIp },
      { type: 'Hostname', address: input.nodeName },
    ],
    capacity,
    allocatable: nodeAllocatable(input),
    conditions: nodeConditions(input),
    daemonEndpoints: { kubeletEndpoint: { Port: input.port } },
    images: [...input.images]
      .filter(({ names }) => names.length > 0)
      .sort((a, b) => b.sizeBytes - a.sizeBytes)
      .slice(0, MAX_IMAGES)
      .map(({ names, sizeBytes }) => ({ names: [...names], sizeBytes })),
    nodeInfo: nodeInfo(input),
  };
}

type Capacity = Pick<NodeStatusInput, 'machine' | 'diskBytes' | 'maxPods'>;

export function nodeCapacity({ machine, diskBytes, maxPods }: Capacity): Record<string, string> {
  return {
    cpu: canonicalQuantity(String(machine.cpus)),
    memory: kibibytes(machine.memoryBytes),
    'ephemeral-storage': kibibytes(diskBytes),
    pods: String(maxPods),
  };
}

export function nodeAllocatable(input: Capacity): Record<string, string> {
  const { machine, diskBytes } = input;
  return {
    ...nodeCapacity(input),
    memory: kibibytes(machine.memoryBytes - MIN_MEMORY_AVAILABLE_BYTES),
    'ephemeral-storage': canonicalQuantity(String(Math.floor(diskBytes * (1 - MIN_AVAILABLE_RATIO)))),
  };
}

/** As the apiserver keeps it: otherwise a status would differ from itself for ever. */
function kibibytes(bytes: number): string {
  return canonicalQuantity(`${Math.floor(bytes / 1024)}Ki`);
}

function nodeInfo({ machine, runtime }: NodeStatusInput): NodeSystemInfo {
  return {
    architecture: machine.architecture,
    bootID: machine.bootId,
    containerRuntimeVersion: `${runtime.name}://${runtime.version}`,
    kernelVersion: machine.kernelVersion,
    kubeProxyVersion: '',
    kubeletVersion: KUBELET_VERSION,
    machineID: machine.machineId,
    operatingSystem: 'linux',
    osImage: machine.osImage,
    systemUUID: machine.systemUuid,
  };
}

interface Verdict {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

function nodeConditions({ pressure, notReady, before, nowMs }: NodeStatusInput): NodeCondition[] {
  const own = [
    memoryVerdict(pressure.memoryAvailableBytes < MIN_MEMORY_AVAILABLE_BYTES),
    diskVerdict(pressure.diskAvailableRatio < MIN_AVAILABLE_RATIO),
    processIdVerdict(pressure.processIdsAvailableRatio < MIN_AVAILABLE_RATIO),
    readyVerdict(notReady),
  ];
  const conditions = own.map((verdict): NodeCondition => {
    const known = before.find(({ type }) => type === verdict.type);
    const transition = known?.status === verdict.status ? known.lastTransitionTime : undefined;
    return {
      ...verdict,
      lastHeartbeatTime: formatTime(nowMs),
      lastTransitionTime: transition ?? formatTime(nowMs),
    };
  });
  // Others' conditions, such as NetworkUnavailable, are not ours to take away.
  return [...conditions, ...before.filter(({ type }) => !own.some((verdict) => verdict.type === type))];
}

function memoryVerdict(pressed: boolean): Verdict {
  const type = 'MemoryPressure';
  return pressed
    ? {
        type,
        status: 'True',
        reason: 'KubeletHasInsufficientMemory',
        message: 'kubelet has insufficient memory available',
      }
    : {
        type,
        status: 'False',
        reason: 'KubeletHasSufficientMemory',
        message: 'kubelet has sufficient memory available',
      };
}

function diskVerdict(pressed: boolean): Verdict {
  const type = 'DiskPressure';
  return pressed
    ? { type, status: 'True', reason: 'KubeletHasDiskPressure', message: 'kubelet has disk pressure' }
    : { type, status: 'False', reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure' };
}

function processIdVerdict(pressed: boolean): Verdict {
  const type = 'PIDPressure';
  return pressed
    ? { type, status: 'True', reason: 'KubeletHasInsufficientPID', message: 'kubelet has insufficient PID available' }
    : { type, status: 'False', reason: 'KubeletHasSufficientPID', message: 'kubelet has sufficient PID available' };
}

function readyVerdict(notReady: string | undefined): Verdict {
  return notReady === undefined
    ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
    : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: notReady };
}
