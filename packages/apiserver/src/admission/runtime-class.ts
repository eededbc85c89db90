import {
  compareQuantities,
  deepEqual,
  type PodSpec,
  quote,
  type RuntimeClass as RuntimeClassObject,
  runtimeClasses,
  sameLists,
} from '@kubelab/api';
import type { Storage } from '../storage/storage.js';
import type { AdmissionPlugin, AdmissionRequest } from './admission.js';
import { forbiddenObject } from './forbidden-object.js';
import { newPod } from './new-pod.js';

/** A pod of a RuntimeClass has the class's overhead, and goes where the class's runtime is (KEP-585, KEP-688). */
export function runtimeClass(storage: Storage): AdmissionPlugin {
  const stored = storage.forResource(runtimeClasses);

  async function classOf({ resource, key }: AdmissionRequest, spec: PodSpec): Promise<RuntimeClassObject | undefined> {
    const name = spec.runtimeClassName;
    if (name === undefined) return undefined;
    const at = { namespace: '', name };
    const found = stored.getCached(at) ?? (await stored.get(at));
    if (found !== undefined) return found.object;
    throw forbiddenObject(resource, key.name, `pod rejected: RuntimeClass ${quote(name)} not found`);
  }

  return {
    name: 'RuntimeClass',
    async admit(request) {
      const spec = newPod(request)?.spec;
      if (spec === undefined) return;
      const found = await classOf(request, spec);
      if (found === undefined) return;
      setOverhead(request, spec, found);
      setScheduling(request, spec, found);
    },
    async validate(request) {
      const spec = newPod(request)?.spec;
      if (spec === undefined) return;
      const fixed = (await classOf(request, spec))?.overhead?.podFixed;
      const { resource, key } = request;
      if (fixed === undefined) {
        if (!Object.values(spec.overhead ?? {}).some((quantity) => compareQuantities(quantity, '0') > 0)) return;
        const why = 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead';
        throw forbiddenObject(resource, key.name, why);
      }
      if (!sameLists(fixed, spec.overhead ?? {})) throw otherOverhead(request);
    },
  };
}

function setOverhead(request: AdmissionRequest, spec: PodSpec, { overhead }: RuntimeClassObject): void {
  const fixed = overhead?.podFixed;
  if (fixed === undefined) return;
  if (spec.overhead !== undefined && !sameLists(fixed, spec.overhead)) throw otherOverhead(request);
  spec.overhead = { ...fixed };
}

function otherOverhead({ resource, key }: AdmissionRequest) {
  const why = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";
  return forbiddenObject(resource, key.name, why);
}

function setScheduling({ resource, key }: AdmissionRequest, spec: PodSpec, { scheduling }: RuntimeClassObject): void {
  const selector = { ...spec.nodeSelector };
  for (const [label, value] of Object.entries(scheduling?.nodeSelector ?? {})) {
    if (Object.hasOwn(selector, label) && selector[label] !== value) {
      const why = `conflict: runtimeClass.scheduling.nodeSelector[${label}] = ${value}; pod.spec.nodeSelector[${label}] = ${selector[label]}`;
      throw forbiddenObject(resource, key.name, why);
    }
    selector[label] = value;
  }
  if (scheduling?.nodeSelector) spec.nodeSelector = selector;
  const tolerations = spec.tolerations ?? [];
  const added = (scheduling?.tolerations ?? []).filter(
    (toleration) => !tolerations.some((present) => deepEqual(present, toleration)),
  );
  if (added.length > 0) spec.tolerations = [...tolerations, ...structuredClone(added)];
}
