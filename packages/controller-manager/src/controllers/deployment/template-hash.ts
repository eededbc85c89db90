import type { DeepReadonly, PodTemplateSpec } from '@kubelab/api';

export const TEMPLATE_HASH_LABEL = 'pod-template-hash';

/** No vowels and no look-alikes, so that no word comes out (as apimachinery's rand.SafeEncodeString). */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Names the ReplicaSet of a template. The same template gives the same hash, whatever the order of its fields. */
export function templateHash(template: DeepReadonly<PodTemplateSpec>, collisionCount: number): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${canonicalJson(template)}/${collisionCount}`)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return [...String(hash)].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('');
}

/** Equal but for the label that holds the hash. */
export function sameTemplate(
  a: DeepReadonly<PodTemplateSpec> | undefined,
  b: DeepReadonly<PodTemplateSpec> | undefined,
): boolean {
  return canonicalJson(withoutHash(a)) === canonicalJson(withoutHash(b));
}

function withoutHash(template: DeepReadonly<PodTemplateSpec> | undefined): unknown {
  const { [TEMPLATE_HASH_LABEL]: _, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels } };
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
