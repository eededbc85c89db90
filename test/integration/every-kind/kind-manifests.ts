/** What is made of a kind: as little as it takes, and everything that can stand together. */
export interface KindManifests {
  readonly apiVersion: string;
  readonly kind: string;
  /** Without apiVersion, kind and metadata; name and namespace are given by whoever makes it. */
  readonly minimal: Fields;
  /** Where not all can stand in one object, several. */
  readonly full: readonly Fields[];
  /** Default: `every-kind`; another where what it says would bind the other objects. */
  readonly namespace?: string;
  /** Those that the server adds to every object, at the end. */
  readonly finalizers?: readonly string[];
  /** Its name where it cannot be any. */
  readonly names?: { readonly minimal: string; readonly full: readonly string[] };
}

export type Fields = Readonly<Record<string, unknown>>;

export const SELECTOR = {
  matchLabels: { app: 'full' },
  matchExpressions: [
    { key: 'tier', operator: 'In', values: ['front', 'back'] },
    { key: 'old', operator: 'DoesNotExist' },
  ],
};

export const MINIMAL_TEMPLATE = {
  metadata: { labels: { app: 'minimal' } },
  spec: { containers: [{ name: 'c', image: 'i' }] },
};
