import type { Deployment, KubernetesObject, Pod, PodTemplateSpec, QualifiedResource } from '@kubelab/api';
import type { PodToCheck } from './check.js';

/** Kinds that make pods from a template. */
const WITH_TEMPLATE = new Set([
  '/replicationcontrollers',
  '/podtemplates',
  'apps/replicasets',
  'apps/deployments',
  'apps/statefulsets',
  'apps/daemonsets',
  'batch/jobs',
  'batch/cronjobs',
]);

export function makesPods({ group, plural }: QualifiedResource): boolean {
  return WITH_TEMPLATE.has(`${group}/${plural}`);
}

/** The pods that an object of a kind that {@link makesPods} would make; undefined where it has no template. */
export function templateOf(object: KubernetesObject): PodToCheck | undefined {
  const holder = object as Deployment & {
    template?: PodTemplateSpec;
    spec?: { jobTemplate?: { spec?: { template?: PodTemplateSpec } } };
  };
  const template = holder.template ?? holder.spec?.template ?? holder.spec?.jobTemplate?.spec?.template;
  return template?.spec && { metadata: template.metadata ?? {}, spec: template.spec };
}

export function podToCheck({ metadata = {}, spec }: Pod): PodToCheck {
  return { metadata, spec: spec ?? { containers: [] } };
}

const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';

/** True where something changed that a standard looks at and that may change: images, ephemeral containers, seccomp annotations. */
export function changesWhatIsChecked(pod: Pod, old: Pod): boolean {
  const now = podToCheck(pod);
  const before = podToCheck(old);
  if (annotationOf(now, SECCOMP_POD) !== annotationOf(before, SECCOMP_POD)) return true;
  return (['containers', 'initContainers', 'ephemeralContainers'] as const).some((list) => {
    const present = now.spec[list] ?? [];
    const previous = before.spec[list] ?? [];
    if (list !== 'ephemeralContainers' && present.length !== previous.length) return true;
    return present.some(({ name, image }) => {
      const key = `${SECCOMP_CONTAINER}${name}`;
      const same = previous.find((container) => container.name === name);
      return same?.image !== image || annotationOf(now, key) !== annotationOf(before, key);
    });
  });
}

function annotationOf({ metadata }: PodToCheck, key: string): string | undefined {
  return metadata.annotations?.[key];
}
