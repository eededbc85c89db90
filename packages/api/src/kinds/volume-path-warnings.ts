import type { Volume, VolumeProjection } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { quote } from '../validation/field-error.js';

type ReadonlyVolume = DeepReadonly<Volume>;
type Items = readonly { readonly path?: string }[];

interface Paths {
  /** Names the source, where there is something to say of it. */
  readonly of: () => string;
  readonly paths: readonly string[];
}

/**
 * Of the sources of a volume, and of the paths of a source. Each is compared with all others, and nobody is served
 * meanwhile: what comes behind so many is not warned of.
 */
const MAX_COMPARED = 100;

/** Files of one volume that would lie at, or within, each other. */
export function overlappingPathWarnings(volumes: readonly ReadonlyVolume[]): string[] {
  return volumes.flatMap((volume) => {
    const { configMap, secret, downwardAPI, projected } = volume;
    const name = () => `volume ${quote(volume.name)}`;
    const sources = [
      ...pathsOf(() => `${name()} (ConfigMap ${quote(configMap?.name ?? '')})`, configMap?.items),
      ...pathsOf(() => `${name()} (Secret ${quote(secret?.secretName ?? '')})`, secret?.items),
      ...pathsOf(() => `${name()} (DownwardAPI)`, downwardAPI?.items),
    ];
    return [...sources.flatMap(overlaps), ...projectedWarnings(name, projected?.sources ?? [])];
  });
}

function pathsOf(of: () => string, items: Items | undefined): Paths[] {
  return items === undefined ? [] : [{ of, paths: items.slice(0, MAX_COMPARED).map(({ path = '' }) => path) }];
}

/** Sources of one volume share its directory. */
function projectedWarnings(name: () => string, sources: readonly DeepReadonly<VolumeProjection>[]): string[] {
  const earlier = new Set<string>();
  return sources.slice(0, MAX_COMPARED).flatMap((source) => {
    if (Object.keys(source).length === 0) return [`${name()} (Projected) has no sources provided`];
    const [projected] = pathsOfSource(name, source);
    if (projected === undefined) return [];
    const { of, paths } = projected;
    const all = [...new Set(paths), ...earlier].sort();
    for (const path of paths) if (earlier.size < MAX_COMPARED) earlier.add(path);
    return [...overlaps(projected), ...overlaps({ of, paths: all })];
  });
}

function pathsOfSource(name: () => string, source: DeepReadonly<VolumeProjection>): Paths[] {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle: bundle } = source;
  const bundleName = () => quote(bundle?.name ?? bundle?.signerName ?? '');
  return [
    ...pathsOf(() => `${name()} (Projected ConfigMap ${quote(configMap?.name ?? '')})`, configMap?.items),
    ...pathsOf(() => `${name()} (Projected Secret ${quote(secret?.name ?? '')})`, secret?.items),
    ...pathsOf(() => `${name()} (Projected DownwardAPI)`, downwardAPI?.items),
    ...pathsOf(() => `${name()} (Projected ServiceAccountToken)`, serviceAccountToken && [serviceAccountToken]),
    ...pathsOf(() => `${name()} (Projected ClusterTrustBundle ${bundleName()})`, bundle && [bundle]),
  ];
}

function overlaps({ of, paths }: Paths): string[] {
  const seen = new Set<string>();
  return paths.flatMap((path) => {
    const normal = path.replace(/\/+$/, '');
    const other = [...seen].find((one) => one === normal || isWithin(one, normal) || isWithin(normal, one));
    seen.add(normal);
    return other === undefined || other === '' || normal === ''
      ? []
      : [`${of()}: overlapping paths: ${quote(normal)} with ${quote(other)}`];
  });
}

/** As Kubernetes compares them: by their beginning alone. */
function isWithin(path: string, directory: string): boolean {
  return `${path}/`.startsWith(directory);
}
