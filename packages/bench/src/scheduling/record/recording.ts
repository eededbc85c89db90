import type { Template } from '../workload/workload.js';

/**
 * One line of a recording: what happened to a node, a pod, a claim or a volume, and when. Objects
 * hold what whoever makes them again needs: no status but a node's size, and of
 * what the cluster added only the labels.
 */
export interface RecordedEvent {
  /** Since the recording began; 0 for what was there before. */
  readonly atMs: number;
  readonly event: 'added' | 'deleted' | 'bound';
  readonly kind: RecordedKind;
  readonly namespace?: string;
  readonly name: string;
  /** With `added`. */
  readonly object?: Template;
  /** With `bound`, and with `added` of a pod that was bound before the recording began. */
  readonly node?: string;
  /** Of a claim, as `node` of a pod. */
  readonly volume?: string;
}

export type RecordedKind = 'Node' | 'Pod' | 'PriorityClass' | 'PersistentVolume' | 'PersistentVolumeClaim';

/** The first line of a recording. */
export interface RecordingHead {
  readonly kubelabRecording: 1;
  /** When it began, RFC 3339. */
  readonly startedAt: string;
}
