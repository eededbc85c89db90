import type { DeepReadonly, Volume } from '@kubelab/api';
import type { ComponentContext } from '@kubelab/runtime';
import type { NodeFacts, ObjectLookups } from '../object-lookups.js';
import type { ReadonlyPod } from '../pod.js';
import type { HostFileSystem } from './host-file-system.js';

export type ReadonlyVolume = DeepReadonly<Volume>;

/** A token for a pod's service account (TokenRequest API). */
export type RequestServiceAccountToken = (
  pod: ReadonlyPod,
  request: { readonly audience: string; readonly expirationSeconds: number },
  signal: AbortSignal,
) => Promise<string>;

/** What a plugin works with. */
export interface VolumeContext {
  readonly pod: ReadonlyPod;
  /** The volume's own directory, as the machine names it. The plugin makes it. */
  readonly directory: string;
  readonly host: HostFileSystem;
  readonly lookups: ObjectLookups;
  readonly node: NodeFacts;
  /** Absent: projected service account tokens are refused. */
  readonly requestToken?: RequestServiceAccountToken;
  readonly log: ComponentContext['log'];
  readonly signal: AbortSignal;
}

/** One kind of volume. Adding one is a file and a line in `plugins.ts`. */
export interface VolumePlugin {
  /** The field of a pod's volume that asks for it. */
  readonly source: keyof Volume;
  /** Its directory's name under ROOT/pods/UID/volumes, `kubernetes.io~empty-dir`; undefined: it has none. */
  readonly directoryName: string | undefined;
  /** Containers can never write to it. */
  readonly readOnly: boolean;
  /** Makes the volume. Idempotent: what a killed predecessor has left is adopted. Rejects with an Error for the event. */
  setUp(volume: ReadonlyVolume, context: VolumeContext): Promise<void>;
  /** Brings the contents up to date. Absent: they are nobody's but the containers'. */
  refresh?(volume: ReadonlyVolume, context: VolumeContext): Promise<void>;
  /** Where the volume is, when that is not its directory. */
  path?(volume: ReadonlyVolume): string;
}
