import type { DeepReadonly, PersistentVolume, Pod } from '@kubelab/api';
import { type Reference, referencesOf, referenceTo } from './pod-references.js';

interface PlacedPod {
  readonly node: string;
  readonly references: readonly Reference[];
}

interface BoundVolume {
  readonly claim: Reference;
  readonly secrets: readonly Reference[];
}

/**
 * Which objects the pods of which node need (KEP-279 calls it a graph; here it
 * is a count for each node and object, so that a question is one look-up).
 */
export class NodeGraph {
  readonly #pods = new Map<string, PlacedPod>();
  /** Node → object → how many of its pods need it. */
  readonly #needed = new Map<string, Map<Reference, number>>();
  readonly #volumes = new Map<string, BoundVolume>();
  readonly #volumesOfSecret = new Map<Reference, Set<string>>();
  readonly #attachments = new Map<string, string>();

  /** Undefined: the pod is gone. `path` is NAMESPACE/NAME. */
  setPod(path: string, pod: DeepReadonly<Pod> | undefined): void {
    const present = this.#pods.get(path);
    const node = pod?.spec?.nodeName ?? '';
    const references = pod === undefined || node === '' ? [] : referencesOf(pod);
    if (present !== undefined) this.#count(present, -1);
    this.#pods.delete(path);
    if (references.length === 0) return;
    const placed = { node, references };
    this.#pods.set(path, placed);
    this.#count(placed, 1);
  }

  setVolume(name: string, volume: DeepReadonly<PersistentVolume> | undefined): void {
    const present = this.#volumes.get(name);
    for (const secret of present?.secrets ?? []) this.#volumesOfSecret.get(secret)?.delete(name);
    this.#volumes.delete(name);
    const claim = volume?.spec?.claimRef;
    if (volume === undefined || !claim?.name || !claim.namespace) return;
    const secrets = secretsOf(volume, claim.namespace);
    this.#volumes.set(name, { claim: referenceTo('persistentvolumeclaims', claim.namespace, claim.name), secrets });
    for (const secret of secrets) {
      const volumes = this.#volumesOfSecret.get(secret) ?? new Set();
      this.#volumesOfSecret.set(secret, volumes.add(name));
    }
  }

  setAttachment(name: string, node: string | undefined): void {
    if (node === undefined) this.#attachments.delete(name);
    else this.#attachments.set(name, node);
  }

  needs(node: string, reference: Reference): boolean {
    if (this.#needed.get(node)?.has(reference)) return true;
    const volumes = this.#volumesOfSecret.get(reference);
    return volumes !== undefined && [...volumes].some((volume) => this.needsVolume(node, volume));
  }

  needsVolume(node: string, name: string): boolean {
    const volume = this.#volumes.get(name);
    return volume !== undefined && (this.#needed.get(node)?.has(volume.claim) ?? false);
  }

  hasAttachment(node: string, name: string): boolean {
    return this.#attachments.get(name) === node;
  }

  #count({ node, references }: PlacedPod, difference: 1 | -1): void {
    const counts = this.#needed.get(node) ?? new Map<Reference, number>();
    this.#needed.set(node, counts);
    for (const reference of references) {
      const count = (counts.get(reference) ?? 0) + difference;
      if (count === 0) counts.delete(reference);
      else counts.set(reference, count);
    }
    if (counts.size === 0) this.#needed.delete(node);
  }
}

/** Secrets by which the kubelet mounts a volume; those without a namespace are of the claim's. */
function secretsOf({ spec }: DeepReadonly<PersistentVolume>, claimNamespace: string): Reference[] {
  const references = [
    spec?.csi?.nodePublishSecretRef,
    spec?.csi?.nodeStageSecretRef,
    spec?.csi?.nodeExpandSecretRef,
    spec?.cephfs?.secretRef,
    spec?.flexVolume?.secretRef,
    spec?.iscsi?.secretRef,
    spec?.rbd?.secretRef,
    spec?.scaleIO?.secretRef,
    spec?.storageos?.secretRef,
    spec?.azureFile && { name: spec.azureFile.secretName, namespace: spec.azureFile.secretNamespace },
  ];
  return references.flatMap((reference) =>
    reference?.name ? [referenceTo('secrets', reference.namespace || claimNamespace, reference.name)] : [],
  );
}
