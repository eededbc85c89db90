import type { DeepReadonly, ObjectFieldSelector } from '@kubelab/api';
import type { NodeFacts } from '../object-lookups.js';
import type { ReadonlyPod } from '../pod.js';

/** What the downward API reads besides the pod. */
interface DownwardContext {
  readonly node: NodeFacts;
  /** First is status.podIP. */
  readonly podIPs: readonly string[];
}

const SUBSCRIPT = /^(metadata\.(?:labels|annotations))\['(.*)'\]$/;

/**
 * The value of a fieldRef for an environment variable. Throws an Error worded
 * as Kubernetes' for fields that the downward API does not offer.
 */
export function downwardField(
  pod: ReadonlyPod,
  selector: DeepReadonly<ObjectFieldSelector>,
  context: DownwardContext,
): string {
  const version = selector.apiVersion ?? 'v1';
  if (version !== 'v1' && version !== '') throw new Error(`unsupported pod version: ${version}`);
  switch (selector.fieldPath) {
    case 'spec.nodeName':
      return pod.spec?.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return context.node.ip;
    case 'status.podIP':
      return context.podIPs[0] ?? '';
    case 'status.podIPs':
      return context.podIPs.join(',');
    default:
      return metadataField(pod, selector.fieldPath, false);
  }
}

/**
 * The value of a fieldRef for a file of a downwardAPI volume: of the metadata
 * only, but with all labels or all annotations, as `key="value"` lines.
 */
export function downwardFileField(pod: ReadonlyPod, selector: DeepReadonly<ObjectFieldSelector>): string {
  return metadataField(pod, selector.fieldPath, true);
}

function metadataField(pod: ReadonlyPod, fieldPath: string, wholeMaps: boolean): string {
  const { metadata } = pod;
  const [, map, key = ''] = SUBSCRIPT.exec(fieldPath) ?? [];
  if (map === 'metadata.labels') return metadata.labels?.[key] ?? '';
  if (map === 'metadata.annotations') return metadata.annotations?.[key] ?? '';
  switch (fieldPath) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid;
    case 'metadata.labels':
      if (wholeMaps) return formatMap(metadata.labels ?? {});
      break;
    case 'metadata.annotations':
      if (wholeMaps) return formatMap(metadata.annotations ?? {});
      break;
  }
  throw new Error(`field label not supported: ${fieldPath}`);
}

function formatMap(map: Readonly<Record<string, string>>): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${quote(map[key] ?? '')}`)
    .join('\n');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

/** A Go string literal (strconv.Quote), which is how these files have always been written. */
function quote(text: string): string {
  let quoted = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (ESCAPES[character] !== undefined) quoted += ESCAPES[character];
    else if (code < 0x20 || code === 0x7f) quoted += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)) quoted += character;
    else if (code < 0x10000) quoted += `\\u${code.toString(16).padStart(4, '0')}`;
    else quoted += `\\U${code.toString(16).padStart(8, '0')}`;
  }
  return `"${quoted}"`;
}
