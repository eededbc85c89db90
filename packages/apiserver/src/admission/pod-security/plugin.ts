import {
  deepEqual,
  invalid,
  type KubernetesObject,
  type Namespace,
  namespaces,
  type Persisted,
  type Pod,
  pods,
} from '@kubelab/api';
import type { Storage } from '../../storage/storage.js';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.js';
import { forbiddenObject } from '../forbidden-object.js';
import type { PodToCheck } from './check.js';
import { detailsOf, violationsOf } from './evaluate.js';
import { warningsForExisting } from './existing-pods.js';
import { changesWhatIsChecked, makesPods, podToCheck, templateOf } from './pod-to-check.js';
import { type Policy, policyOf, rank, sameLevel, textOf } from './policy.js';

/** Subresources of pods that carry no pod. */
const WITHOUT_POD = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status']);
const ANNOTATIONS = 'pod-security.kubernetes.io/';

/**
 * The Pod Security Standards (KEP-2579): a namespace's labels say which level
 * pods are refused below, and which ones are only warned of or audited.
 * Nobody is exempt.
 */
export function podSecurity(storage: Storage): AdmissionPlugin {
  const storedNamespaces = storage.forResource(namespaces);
  const storedPods = storage.forResource(pods);

  async function policyFor(namespace: string): Promise<ReturnType<typeof policyOf>> {
    const key = { namespace: '', name: namespace };
    const found = storedNamespaces.getCached(key) ?? (await storedNamespaces.get(key));
    return policyOf(found?.object.metadata.labels);
  }

  async function checkPod(request: AdmissionRequest): Promise<void> {
    const { operation, subresource, object, old, key } = request;
    if (operation === 'DELETE' || WITHOUT_POD.has(subresource)) return;
    const { policy, errors } = await policyFor(key.namespace);
    if (isOpen(policy)) return;
    if (operation === 'UPDATE' && !changesWhatIsChecked(object as Pod, old as Pod)) return;
    const pod = podToCheck(object as Pod);
    noteErrors(request, errors);
    const violations = violationsOf(pod, policy.enforce);
    request.annotate(`${ANNOTATIONS}enforce-policy`, textOf(policy.enforce));
    noteAudit(request, pod, policy);
    if (violations.length === 0) return warnOf(request, pod, policy);
    const why = `violates PodSecurity "${textOf(policy.enforce)}": ${detailsOf(violations)}`;
    throw forbiddenObject(request.resource, key.name, why);
  }

  async function checkTemplate(request: AdmissionRequest): Promise<void> {
    const { operation, subresource, object, key } = request;
    if (operation === 'DELETE' || subresource !== '') return;
    const template = templateOf(object as KubernetesObject);
    if (template === undefined) return;
    const { policy, errors } = await policyFor(key.namespace);
    if (policy.warn.level === 'privileged' && policy.audit.level === 'privileged') return;
    noteErrors(request, errors);
    noteAudit(request, template, policy);
    warnOf(request, template, policy);
  }

  async function checkNamespace({ operation, subresource, object, old, warn }: AdmissionRequest): Promise<void> {
    if (operation === 'DELETE' || subresource !== '') return;
    const { name = '', labels } = (object as Namespace).metadata ?? {};
    const next = policyOf(labels);
    const previous = old === undefined ? undefined : policyOf(old.metadata.labels);
    if (next.errors.length > 0 && !deepEqual(next.errors, previous?.errors)) {
      throw invalid(namespaces, name, next.errors);
    }
    if (previous === undefined) return;
    const { enforce } = next.policy;
    const before = previous.policy.enforce;
    if (sameLevel(enforce, before) || enforce.level === 'privileged') return;
    if (enforce.version === before.version && rank(enforce.level) <= rank(before.level)) return;
    const page = await storedPods.list({
      namespace: name,
      limit: 0,
      continueToken: '',
      resourceVersion: '0',
      resourceVersionMatch: '',
    });
    const present = page.items.map((item) => item.object as Persisted<Pod>);
    for (const text of warningsForExisting(name, present, enforce)) warn(text);
  }

  return {
    name: 'PodSecurity',
    validate(request) {
      const { resource } = request;
      if (resource.group === '' && resource.plural === pods.plural) return checkPod(request);
      if (resource.group === '' && resource.plural === namespaces.plural) return checkNamespace(request);
      return makesPods(resource) ? checkTemplate(request) : undefined;
    },
  };
}

function isOpen({ enforce, audit, warn }: Policy): boolean {
  return enforce.level === 'privileged' && audit.level === 'privileged' && warn.level === 'privileged';
}

function noteErrors({ annotate }: AdmissionRequest, errors: ReturnType<typeof policyOf>['errors']): void {
  if (errors.length === 0) return;
  const texts = errors.map(({ field, message }) => `${field}: ${message}`);
  annotate(`${ANNOTATIONS}error`, `Failed to parse policy: ${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}`);
}

function noteAudit({ annotate }: AdmissionRequest, pod: PodToCheck, { audit }: Policy): void {
  const violations = violationsOf(pod, audit);
  if (violations.length === 0) return;
  annotate(`${ANNOTATIONS}audit-violations`, `would violate PodSecurity "${textOf(audit)}": ${detailsOf(violations)}`);
}

function warnOf({ warn }: AdmissionRequest, pod: PodToCheck, policy: Policy): void {
  const violations = violationsOf(pod, policy.warn);
  if (violations.length > 0) warn(`would violate PodSecurity "${textOf(policy.warn)}": ${detailsOf(violations)}`);
}
