import type { ObjectMeta } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { BETA_CLASS_ANNOTATION } from '../validation/persistent-volume-claim.js';

const SHORT_MODES: readonly (readonly [mode: string, short: string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

interface HasClass {
  readonly metadata?: ObjectMeta;
  readonly spec?: { readonly storageClassName?: string };
}

/** The class of a volume or a claim. The old annotation comes first, as in Kubernetes. */
export function storageClassNameOf({ metadata, spec }: DeepReadonly<HasClass>): string {
  return metadata?.annotations?.[BETA_CLASS_ANNOTATION] ?? spec?.storageClassName ?? '';
}

/** `RWO,ROX`: access modes as kubectl shows them, in one order. */
export function shortAccessModes(modes: readonly string[] | undefined): string {
  return SHORT_MODES.filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',');
}

/** What the old annotation is answered with. */
export function classAnnotationWarnings({ metadata }: DeepReadonly<HasClass>): string[] {
  if (metadata?.annotations?.[BETA_CLASS_ANNOTATION] === undefined) return [];
  const path = `metadata.annotations[${BETA_CLASS_ANNOTATION}]`;
  return [`${path}: deprecated since v1.8; use "storageClassName" attribute instead`];
}
