/** Manifests that Kubernetes refuses: one that is right, and what is changed of it. */

// biome-ignore lint/suspicious/noExplicitAny: manifests of every shape, right and wrong.
export type Manifest = any;

/** `spec.template.metadata` → its new value; undefined: left out. */
export type Changes = Readonly<Record<string, unknown>>;

/** The message may be a matcher. */
export type Cause = readonly [field: string, message: unknown];

export type Case = readonly [what: string, changes: Changes, ...causes: Cause[]];

export interface BadManifests {
  readonly path: string;
  /** As messages name it: `Job.batch`. */
  readonly kind: string;
  readonly manifest: Manifest;
  readonly cases: readonly Case[];
}

export type BadManifestsByKind = Readonly<Record<string, BadManifests>>;

export const LABELS = { app: 'x' };
export const CONTAINERS = [{ name: 'c', image: 'i' }];
export const TEMPLATE = { metadata: { labels: LABELS }, spec: { containers: CONTAINERS } };
export const SELECTOR = { matchLabels: LABELS };
export const NOT_NEGATIVE = 'must be greater than or equal to 0';
export const MISMATCH = '`selector` does not match template `labels`';

export function changed(manifest: Manifest, changes: Changes): Manifest {
  const copy = structuredClone(manifest);
  for (const [path, value] of Object.entries(changes)) {
    const steps = path.split('.');
    let place = copy;
    for (const step of steps.slice(0, -1)) {
      place[step] ??= {};
      place = place[step];
    }
    place[steps.at(-1) ?? ''] = value;
  }
  return copy;
}
