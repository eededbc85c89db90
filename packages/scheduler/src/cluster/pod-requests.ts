import { type Container, type ContainerStatus, type DeepReadonly, type Pod, quantityMilliValue } from '@kubelab/api';

/** What a pod asks of a node, or what all pods of a node ask. Cpu in thousandths, all else in whole units. */
export interface Requests {
  readonly milliCpu: number;
  readonly memoryBytes: number;
  readonly ephemeralStorageBytes: number;
  /** Everything else: extended resources, huge pages. Few or none. */
  readonly scalars: readonly (readonly [name: string, amount: number])[];
}

type Amounts = Map<string, number>;
type ResourceList = Readonly<Record<string, string>> | undefined;
type ReadonlyContainer = DeepReadonly<Container>;

/** What a container counts for in scores when it asks for nothing: 0.1 cpu and 200 MiB, as in Kubernetes. */
const DEFAULT_AMOUNTS: Readonly<Record<string, number>> = { cpu: 0.1, memory: 200 * 1024 * 1024 };

/** Quantities are few and repeat themselves; reading one exactly is slow. */
const amounts = new Map<string, number>();
const MAX_AMOUNTS = 8_192;

/** In whole units, thousandths kept. */
export function amountOf(quantity: string): number {
  const known = amounts.get(quantity);
  if (known !== undefined) return known;
  if (amounts.size >= MAX_AMOUNTS) amounts.clear();
  const amount = quantityMilliValue(quantity) / 1_000;
  amounts.set(quantity, amount);
  return amount;
}

/**
 * The larger of all that run together at the end and of each step of the
 * initialisation, plus the overhead (KEP-753, KEP-688); resources set for the
 * whole pod take the place of its containers' (KEP-2837). A container that is
 * being resized counts what it has and what it shall have, whichever is more
 * (KEP-1287).
 */
export function podRequests(pod: DeepReadonly<Pod>): Requests {
  return toRequests(podAmounts(pod, false));
}

/** Cpu and memory with a share for containers that ask for none, so that they too spread out. */
export function nonZeroRequests(pod: DeepReadonly<Pod>): { milliCpu: number; memoryBytes: number } {
  const { milliCpu, memoryBytes } = toRequests(podAmounts(pod, true));
  return { milliCpu, memoryBytes };
}

function podAmounts({ spec, status }: DeepReadonly<Pod>, nonZero: boolean): Amounts {
  const statuses = new Map((status?.containerStatuses ?? []).map((each) => [each.name, each]));
  const initStatuses = new Map((status?.initContainerStatuses ?? []).map((each) => [each.name, each]));
  const infeasible = status?.conditions?.some(
    ({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible',
  );
  const total: Amounts = new Map();
  for (const container of spec?.containers ?? [])
    add(total, containerAmounts(container, statuses.get(container.name), Boolean(infeasible), nonZero));
  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const container of spec?.initContainers ?? []) {
    const own = containerAmounts(container, initStatuses.get(container.name), Boolean(infeasible), nonZero);
    if (container.restartPolicy === 'Always') {
      add(sidecars, own);
      raise(peak, sidecars);
    } else {
      const step: Amounts = new Map(sidecars);
      add(step, own);
      raise(peak, step);
    }
  }
  add(total, sidecars);
  raise(total, peak);
  for (const [name, quantity] of Object.entries(spec?.resources?.requests ?? {})) total.set(name, amountOf(quantity));
  for (const [name, quantity] of Object.entries(spec?.overhead ?? {}))
    total.set(name, (total.get(name) ?? 0) + amountOf(quantity));
  return total;
}

function containerAmounts(
  container: ReadonlyContainer,
  status: DeepReadonly<ContainerStatus> | undefined,
  infeasible: boolean,
  nonZero: boolean,
): Amounts {
  const own: Amounts = new Map();
  const has = status?.resources?.requests ?? status?.allocatedResources;
  // What cannot be given is not set aside either.
  if (!(infeasible && has)) raiseList(own, container.resources?.requests);
  raiseList(own, status?.resources?.requests);
  raiseList(own, status?.allocatedResources);
  if (nonZero) for (const [name, amount] of Object.entries(DEFAULT_AMOUNTS)) if (!own.has(name)) own.set(name, amount);
  return own;
}

function raiseList(target: Amounts, list: ResourceList): void {
  for (const name in list) {
    const amount = amountOf(list[name] ?? '0');
    if (amount >= (target.get(name) ?? 0)) target.set(name, amount);
  }
}

function add(target: Amounts, other: Amounts): void {
  for (const [name, amount] of other) target.set(name, (target.get(name) ?? 0) + amount);
}

function raise(target: Amounts, other: Amounts): void {
  for (const [name, amount] of other) if (amount > (target.get(name) ?? 0)) target.set(name, amount);
}

function toRequests(all: Amounts): Requests {
  const scalars: [string, number][] = [];
  for (const [name, amount] of all)
    if (name !== 'cpu' && name !== 'memory' && name !== 'ephemeral-storage' && name !== 'pods')
      scalars.push([name, Math.ceil(amount)]);
  return {
    // Sums of thousandths are not exact in binary; what is off by less than a millionth is not meant.
    milliCpu: Math.ceil((all.get('cpu') ?? 0) * 1_000 - 1e-6),
    memoryBytes: Math.ceil(all.get('memory') ?? 0),
    ephemeralStorageBytes: Math.ceil(all.get('ephemeral-storage') ?? 0),
    scalars,
  };
}

/** What a node has to give, as its status lists it. */
export function nodeAmounts(list: ResourceList): Requests & { readonly pods: number } {
  const all: Amounts = new Map();
  for (const name in list) all.set(name, amountOf(list[name] ?? '0'));
  return { ...toRequests(all), pods: Math.floor(all.get('pods') ?? 0) };
}
