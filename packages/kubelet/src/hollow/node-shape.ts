import { quantityValue, type Taint } from '@kubelab/api';
import { formatIpv4, parseIpv4Range } from '../network/ipv4.js';
import type { Machine } from '../node/machine.js';
import type { HollowOptions } from './options.js';

/** Tells hollow nodes from others; every one has it. */
export const HOLLOW_LABEL = 'kubelab.io/hollow';

/** What one hollow node is. */
export interface NodeShape {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** Undefined: the cluster's controller gives it one. */
  readonly podCidr: string | undefined;
}

type ShapeOptions = Pick<
  HollowOptions,
  'nodes' | 'nodeNamePrefix' | 'labels' | 'taints' | 'zones' | 'podCidr' | 'pods'
>;

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** All nodes of the process, the first one first. Pure. @throws RangeError for flags that make no sense */
export function planNodes(options: ShapeOptions): NodeShape[] {
  const { nodes, nodeNamePrefix, zones } = options;
  const own = Object.fromEntries(options.labels.map(parseLabel));
  const taints = options.taints.map(parseTaint);
  const cidrOf = podCidrs(options);
  return Array.from({ length: nodes }, (_, index) => {
    const name = `${nodeNamePrefix}${index + 1}`;
    const zone: Record<string, string> =
      zones > 0 ? { 'topology.kubernetes.io/zone': `zone-${(index % zones) + 1}` } : {};
    const labels = {
      'kubernetes.io/arch': 'amd64',
      'kubernetes.io/hostname': name,
      'kubernetes.io/os': 'linux',
      [HOLLOW_LABEL]: 'true',
      ...zone,
      ...own,
    };
    return { name, labels, taints, podCidr: cidrOf(index) };
  });
}

/** A machine of the size that the flags say. @throws for a quantity that is none */
export function pretendedMachine({ cpu, memory }: Pick<HollowOptions, 'cpu' | 'memory'>): Machine {
  return {
    cpus: cpu,
    memoryBytes: bytesOf(memory),
    architecture: 'amd64',
    kernelVersion: 'hollow',
    osImage: 'hollow',
    machineId: '',
    systemUuid: '',
    bootId: '',
  };
}

export function bytesOf(quantity: string): number {
  return quantityValue(quantity);
}

function parseLabel(text: string): [string, string] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
}

/** `KEY=VALUE:EFFECT`, or `KEY:EFFECT`. */
function parseTaint(text: string): Taint {
  const colon = text.lastIndexOf(':');
  const [key, value] = parseLabel(text.slice(0, Math.max(0, colon)));
  const effect = text.slice(colon + 1);
  if (key === '' || !EFFECTS.includes(effect)) {
    throw new RangeError(`"${text}" is not KEY=VALUE:EFFECT, with one of ${EFFECTS.join(', ')}`);
  }
  return { key, ...(value === '' ? {} : { value }), effect };
}

/** Each node's share of the range, just large enough for its pods. */
function podCidrs({ podCidr, nodes, pods }: ShapeOptions): (index: number) => string | undefined {
  if (podCidr === '') return () => undefined;
  const range = parseIpv4Range(podCidr);
  if (!range) throw new RangeError(`"${podCidr}" is not a range of IPv4 addresses`);
  // Twice the pods, so that an address rests before it is given out again.
  const prefixLength = 32 - Math.ceil(Math.log2(pods * 2 + 2));
  const size = 2 ** (32 - prefixLength);
  if (nodes * size > 2 ** (32 - range.prefixLength)) {
    throw new RangeError(`${podCidr} has not enough addresses for ${nodes} nodes of ${pods} pods`);
  }
  return (index) => `${formatIpv4(range.base + index * size)}/${prefixLength}`;
}
