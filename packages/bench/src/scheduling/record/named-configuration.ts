import type { PodSpec } from '@kubelab/api';
import type { Template } from '../workload/workload.js';
import type { ReplayedPod } from './replay.js';

type Kind = 'ConfigMap' | 'Secret';
type Note = (kind: Kind, name: string | undefined, keys?: readonly (string | undefined)[]) => void;

/**
 * The ConfigMaps and Secrets without which the pods would not start, empty but
 * for the keys that pods name. Their values were never recorded.
 */
export function configurationOf(pods: readonly ReplayedPod[]): Template[] {
  const found = new Map<string, { kind: Kind; namespace: string; name: string; keys: Set<string> }>();
  for (const { namespace, template } of pods)
    noteNames(template.spec as unknown as PodSpec, (kind, name, keys = []) => {
      if (!name) return;
      const id = `${kind}/${namespace}/${name}`;
      const entry = found.get(id) ?? { kind, namespace, name, keys: new Set<string>() };
      found.set(id, entry);
      for (const key of keys) if (key) entry.keys.add(key);
    });
  return [...found.values()].map(({ kind, namespace, name, keys }) => ({
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace },
    data: Object.fromEntries([...keys].map((key) => [key, ''])),
  }));
}

function noteNames(
  { volumes = [], containers, initContainers = [], imagePullSecrets = [] }: PodSpec,
  note: Note,
): void {
  for (const { configMap, secret, projected } of volumes) {
    note(
      'ConfigMap',
      configMap?.name,
      configMap?.items?.map(({ key }) => key),
    );
    note(
      'Secret',
      secret?.secretName,
      secret?.items?.map(({ key }) => key),
    );
    for (const source of projected?.sources ?? []) {
      note(
        'ConfigMap',
        source.configMap?.name,
        source.configMap?.items?.map(({ key }) => key),
      );
      note(
        'Secret',
        source.secret?.name,
        source.secret?.items?.map(({ key }) => key),
      );
    }
  }
  for (const { env = [], envFrom = [] } of [...containers, ...initContainers]) {
    for (const { configMapRef, secretRef } of envFrom) {
      note('ConfigMap', configMapRef?.name);
      note('Secret', secretRef?.name);
    }
    for (const { valueFrom } of env) {
      note('ConfigMap', valueFrom?.configMapKeyRef?.name, [valueFrom?.configMapKeyRef?.key]);
      note('Secret', valueFrom?.secretKeyRef?.name, [valueFrom?.secretKeyRef?.key]);
    }
  }
  for (const { name } of imagePullSecrets) note('Secret', name);
}
