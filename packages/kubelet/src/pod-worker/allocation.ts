import {
  type DeepReadonly,
  deepEqual,
  isRestartableInitContainer,
  type PodSpec,
  podRequestAmounts,
} from '@kubelab/api';
import type { NodeRoom } from '../node/admission.js';
import { missingRoom } from '../node/admission.js';
import type { ReadonlyContainer, ReadonlyPod } from '../pod.js';

/** Why a resize has not been taken on, as condition PodResizePending has it (KEP-1287). */
export interface PendingResize {
  readonly reason: 'Deferred' | 'Infeasible';
  readonly message: string;
}

type Spec = DeepReadonly<PodSpec>;
type Resources = ReadonlyContainer['resources'];

/** The pod with the cpu and memory that it has been given, whatever it asks for by now. The same pod where that is the same. */
export function withAllocation(pod: ReadonlyPod, allocated: Spec | undefined): ReadonlyPod {
  const { spec } = pod;
  if (!spec || !allocated || spec === allocated || haveSameResources(spec, allocated)) return pod;
  const given = new Map(resizable(allocated).map(({ name, resources }) => [name, resources]));
  const take = (containers: Spec['containers']): Spec['containers'] =>
    containers.map((container) => {
      if (!given.has(container.name)) return container;
      const { resources: _asked, ...rest } = container;
      const resources = given.get(container.name);
      return resources ? { ...rest, resources } : rest;
    });
  const { initContainers } = spec;
  return {
    ...pod,
    spec: {
      ...spec,
      containers: take(spec.containers),
      ...(initContainers ? { initContainers: take(initContainers) } : {}),
    },
  };
}

/** What a kubelet that has just started finds that the pod was given: its status tells. */
export function allocationBefore({ spec, status }: ReadonlyPod): Spec | undefined {
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  if (!spec || statuses.length === 0) return spec;
  const given = (container: ReadonlyContainer): ReadonlyContainer => {
    const known = statuses.find(({ name }) => name === container.name);
    if (!known?.resources) return container;
    const requests = known.allocatedResources ?? known.resources.requests;
    const resources: Resources = { ...container.resources, ...known.resources, ...(requests ? { requests } : {}) };
    return { ...container, resources };
  };
  const { initContainers } = spec;
  return {
    ...spec,
    containers: spec.containers.map(given),
    ...(initContainers
      ? { initContainers: initContainers.map((one) => (isRestartableInitContainer(one) ? given(one) : one)) }
      : {}),
  };
}

/** Whether no container has another request or limit. */
export function haveSameResources(a: Spec, b: Spec): boolean {
  const [ours, theirs] = [resizable(a), resizable(b)];
  return ours.every(({ name, resources }) => {
    const other = theirs.find((one) => one.name === name)?.resources;
    return sameLists(resources?.requests, other?.requests) && sameLists(resources?.limits, other?.limits);
  });
}

function sameLists(a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean {
  return deepEqual(a, b);
}

function resizable({ containers, initContainers = [] }: Spec): readonly ReadonlyContainer[] {
  return [...containers, ...initContainers.filter(isRestartableInitContainer)];
}

/** Why the pod cannot have now what it asks for; undefined: it can. `others` with what they were given. */
export function pendingResize(
  pod: ReadonlyPod,
  others: Iterable<ReadonlyPod>,
  node: NodeRoom,
): PendingResize | undefined {
  const wanted = podRequestAmounts(pod);
  const never = missingRoom(wanted, {}, node);
  if (never) {
    const { name, requested, capacity } = never;
    const message = `Node didn't have enough capacity: ${name}, requested: ${requested}, capacity: ${capacity}`;
    return { reason: 'Infeasible', message };
  }
  const used: Record<string, number> = {};
  for (const other of others) {
    for (const [name, amount] of Object.entries(podRequestAmounts(other))) used[name] = (used[name] ?? 0) + amount;
  }
  const missing = missingRoom(wanted, used, node);
  if (!missing) return undefined;
  const { name, requested, taken, capacity } = missing;
  const message = `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${taken}, capacity: ${capacity}`;
  return { reason: 'Deferred', message };
}
