import type { FieldError } from '../../errors.js';
import type { Container, Pod, PodSpec } from '../../generated/types.js';
import { qosClass } from '../../kinds/pod-resources.js';
import type { DeepReadonly } from '../../object.js';
import { forbidden, invalidValue } from '../field-error.js';
import { semanticEqual } from '../semantic-equal.js';

type ReadonlyPod = DeepReadonly<Pod>;
type ReadonlyContainer = DeepReadonly<Container>;
const LISTS = ['containers', 'initContainers'] as const;
const RESIZABLE = ['cpu', 'memory'];

/** What pods/resize may change (KEP-1287): cpu and memory of containers, within the pod's class. */
export function validatePodResize(pod: ReadonlyPod, old: ReadonlyPod): FieldError[] {
  if (Object.hasOwn(old.metadata?.annotations ?? {}, 'kubernetes.io/config.mirror')) {
    return [forbidden('', 'static pods cannot be resized')];
  }
  if (!mayBeResized(old)) return [forbidden('spec', 'Pod running on node without support for resize')];
  const errors: FieldError[] = [];
  const next = qosClass({ spec: pod.spec });
  if (next !== qosClass({ spec: old.spec })) {
    errors.push(invalidValue('status.qosClass', next, 'Pod QOS Class may not change as a result of resizing'));
  }
  for (const list of LISTS) {
    (pod.spec?.[list] ?? []).forEach((container, i) => {
      errors.push(...removedResources(container, old.spec?.[list]?.[i], `spec.${list}[${i}].resources`));
    });
  }
  if (!semanticEqual(withResourcesOf(pod.spec, old.spec), old.spec ?? {})) {
    errors.push(forbidden('spec', 'only cpu and memory resources are mutable'));
  }
  return errors;
}

/** A kubelet that can resize reports what running containers have. */
function mayBeResized({ status }: ReadonlyPod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

function removedResources(container: ReadonlyContainer, old: ReadonlyContainer | undefined, path: string) {
  return (['requests', 'limits'] as const).flatMap((side) => {
    const before = old?.resources?.[side] ?? {};
    const now = container.resources?.[side] ?? {};
    const isRemoved = RESIZABLE.some((name) => Object.hasOwn(before, name) && !Object.hasOwn(now, name));
    return isRemoved ? [forbidden(`${path}.${side}`, `resource ${side} cannot be removed`)] : [];
  });
}

/** The new spec, cpu and memory as they were: what is left must be equal. */
function withResourcesOf(spec: DeepReadonly<PodSpec> | undefined, old: DeepReadonly<PodSpec> | undefined): object {
  const munged: Record<string, unknown> = { ...spec };
  for (const list of LISTS) {
    const containers = spec?.[list];
    if (containers === undefined) continue;
    munged[list] = containers.map((container, i) => {
      const before = old?.[list]?.[i];
      if (list === 'initContainers' && container.restartPolicy !== 'Always') return container;
      return { ...container, resources: mixed(container, before) };
    });
  }
  return munged;
}

function mixed(container: ReadonlyContainer, old: ReadonlyContainer | undefined) {
  const side = (name: 'requests' | 'limits') => {
    const kept = Object.entries(container.resources?.[name] ?? {}).filter(
      ([resource]) => !RESIZABLE.includes(resource),
    );
    const before = Object.entries(old?.resources?.[name] ?? {}).filter(([resource]) => RESIZABLE.includes(resource));
    const all = Object.fromEntries([...kept, ...before]);
    return Object.keys(all).length === 0 ? {} : { [name]: all };
  };
  return { ...container.resources, requests: undefined, limits: undefined, ...side('requests'), ...side('limits') };
}
