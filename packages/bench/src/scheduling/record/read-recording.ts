import { readFileSync } from 'node:fs';
import type { Template } from '../workload/workload.js';
import { WorkloadError } from '../workload/yaml-field.js';
import { configurationOf } from './named-configuration.js';
import type { RecordedEvent, RecordingHead } from './recording.js';
import type { Replay, ReplayedPod } from './replay.js';
import { claimsOf } from './replayed-claims.js';

/** What is made anew has this before its name, so that it is not mixed with what is there. */
const PREFIX = 'replay-';
const SYSTEM_CLASS = /^system-/;

/** Throws WorkloadError, with the line, where the file is no recording. */
export function readRecording(path: string): Replay {
  const [first = '', ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
  if ((parseLine(path, 1, first) as Partial<RecordingHead>).kubelabRecording !== 1)
    throw new WorkloadError(`${path}:1: is not a recording of kubelab`);
  const events = lines.map((line, index) => parseLine(path, index + 2, line) as RecordedEvent);
  const added = (kind: RecordedEvent['kind']): RecordedEvent[] =>
    events.filter((event) => event.event === 'added' && event.kind === kind);
  const nodeNames = new Set(added('Node').map(({ name }) => name));
  const pods = podsOf(events, nodeNames);
  return {
    claims: claimsOf(events, (value) => renamed(value, nodeNames)),
    configuration: configurationOf(pods),
    priorityClasses: added('PriorityClass').flatMap(({ name, object }) =>
      object && !SYSTEM_CLASS.test(name) ? [object] : [],
    ),
    nodes: [...new Map(added('Node').map((event) => [event.name, event])).values()].flatMap(renamedNode),
    pods,
  };
}

function parseLine(path: string, line: number, text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch (cause) {
    throw new WorkloadError(`${path}:${line}: is not JSON: ${(cause as Error).message}`, { cause });
  }
}

function podsOf(events: readonly RecordedEvent[], nodeNames: ReadonlySet<string>): ReplayedPod[] {
  const pods: { -readonly [K in keyof ReplayedPod]: ReplayedPod[K] }[] = [];
  const present = new Map<string, (typeof pods)[number]>();
  for (const { event, kind, namespace = '', name, object, atMs } of events) {
    if (kind !== 'Pod') continue;
    const key = `${namespace}/${name}`;
    if (event === 'added' && object) {
      const template = renamedPod(object, nodeNames);
      const pod = { template, namespace: `${PREFIX}${namespace}`, createdAtMs: atMs };
      pods.push(pod);
      present.set(key, pod);
    }
    const pod = present.get(key);
    if (event === 'deleted' && pod) {
      pod.deletedAtMs = atMs;
      present.delete(key);
    }
  }
  return pods;
}

function renamedNode({ name, object }: RecordedEvent): Template[] {
  if (!object) return [];
  const labels = { ...object.metadata?.labels };
  if (labels['kubernetes.io/hostname'] === name) labels['kubernetes.io/hostname'] = `${PREFIX}${name}`;
  return [{ ...object, metadata: { name: `${PREFIX}${name}`, labels } }];
}

/** Where a pod says which nodes and namespaces it means, it is to mean the new ones. */
function renamedPod(pod: Template, nodeNames: ReadonlySet<string>): Template {
  const spec = pod.spec as Readonly<Record<string, unknown>>;
  const placement = Object.fromEntries(
    ['affinity', 'nodeSelector'].flatMap((field) => (field in spec ? [[field, renamed(spec[field], nodeNames)]] : [])),
  );
  return {
    ...pod,
    metadata: { generateName: `${pod.metadata?.name}-`, labels: pod.metadata?.labels ?? {} },
    spec: { ...spec, ...placement },
  };
}

function renamed(value: unknown, nodeNames: ReadonlySet<string>): unknown {
  if (typeof value === 'string') return nodeNames.has(value) ? `${PREFIX}${value}` : value;
  if (Array.isArray(value)) return value.map((item) => renamed(item, nodeNames));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, field]) => {
    const namespaces = name === 'namespaces' && Array.isArray(field);
    return [name, namespaces ? field.map((each) => `${PREFIX}${each}`) : renamed(field, nodeNames)];
  });
  return Object.fromEntries(fields);
}
