import { describe, expect, it } from 'vitest';
import { decodePatched } from '../../decode/decode-patched.js';
import { deepFreeze } from '../../deep-freeze.js';
import { isApiError } from '../../errors.js';
import type { KubernetesObject } from '../../object.js';
import { type Application, applyConfiguration } from './apply-configuration.js';
import { applyTypeOf } from './apply-type.js';
import { compareObjects } from './compare-objects.js';
import { difference, type FieldSet, forEachMember, intersection, union } from './field-set.js';
import { mergeApplied } from './merge-applied.js';
import { formatFieldPath } from './path-element.js';
import { fieldSetOf } from './to-field-set.js';
import { trackUpdate } from './track-update.js';

/** Numbers that are the same in every run (mulberry32). */
class Random {
  constructor(private state: number) {}

  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  }

  some<V>(values: readonly V[]): V[] {
    return values.filter(() => this.below(2) === 0);
  }

  one<V>(values: readonly V[]): V {
    return values[this.below(values.length)] as V;
  }
}

const NAMES = ['a', 'b', 'c', 'd'];

/** A pod with a few of everything: maps, sets, lists by key and within such, atomic lists, structs, quantities. */
function randomPod(random: Random, names: readonly string[]): KubernetesObject {
  const map = () => Object.fromEntries(random.some(names).map((name) => [name, random.one(['1', '2'])]));
  const port = () => ({ containerPort: random.one([80, 81]), name: random.one(['p', 'q']) });
  const unique = (ports: { containerPort: number }[]) =>
    ports.filter((one, i) => ports.findIndex(({ containerPort }) => containerPort === one.containerPort) === i);
  const container = (name: string) => ({
    name,
    ...(random.below(2) ? { image: random.one(['x', 'y']) } : {}),
    ...(random.below(2) ? { ports: unique([port(), port()]) } : {}),
    ...(random.below(2)
      ? { env: random.some(names).map((env) => ({ name: env, value: random.one(['1', '2']) })) }
      : {}),
    ...(random.below(2) ? { resources: { limits: { cpu: random.one(['100m', '1']) } } } : {}),
  });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'p',
      ...(random.below(2) ? { labels: map() } : {}),
      ...(random.below(2) ? { finalizers: random.some(names).map((name) => `x/${name}`) } : {}),
    },
    ...(random.below(4)
      ? {
          spec: {
            containers: random.some(names).map(container),
            ...(random.below(2) ? { nodeSelector: map() } : {}),
            ...(random.below(2) ? { tolerations: [{ key: random.one(names) }] } : {}),
            ...(random.below(2) ? { securityContext: random.below(2) ? { runAsUser: random.below(2) } : {} } : {}),
          },
        }
      : {}),
  } as KubernetesObject;
}

const write = (manager: string, time: string): Application => ({
  definition: 'Pod',
  manager,
  apiVersion: 'v1',
  subresource: '',
  tracked: {},
  time,
  force: false,
});

function apply(
  live: KubernetesObject | undefined,
  manager: string,
  config: KubernetesObject,
  options: Partial<Application> = {},
): KubernetesObject {
  const application = { ...write(manager, '2026-01-01T00:00:00Z'), ...options };
  const { object, managedFields } = applyConfiguration(application, live, config);
  const decoded = decodePatched('Pod', structuredClone(object), { fieldValidation: 'Ignore', patchText: '' }).object;
  return deepFreeze({ ...decoded, metadata: { ...decoded.metadata, managedFields } }) as KubernetesObject;
}

const fieldsOf = (object: KubernetesObject, manager: string): FieldSet | undefined =>
  object.metadata?.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1 as FieldSet | undefined;

const membersOf = (set: FieldSet | undefined): string[] => {
  const members: string[] = [];
  forEachMember(set, (path) => members.push(formatFieldPath(path)));
  return members;
};

const RUNS = Array.from({ length: 150 }, (_, seed) => seed);

describe('of any two appliers', () => {
  it('who name different things, neither conflicts, and each gets all that he states', () => {
    for (const seed of RUNS) {
      const random = new Random(seed);
      const first = withoutWhole(randomPod(random, ['a', 'b']));
      const second = withoutWhole(randomPod(random, ['c', 'd']));
      const both = apply(apply(undefined, 'first', first), 'second', second);
      for (const [manager, config] of [
        ['first', first],
        ['second', second],
      ] as const) {
        const stated = fieldSetOf(applyTypeOf('Pod'), {
          ...config,
          apiVersion: undefined,
          kind: undefined,
          metadata: { ...config.metadata, name: undefined },
        });
        expect(membersOf(fieldsOf(both, manager)), `seed ${seed}`).toEqual(membersOf(stated));
      }
      // In either order the same is stated.
      const turned = apply(apply(undefined, 'second', second), 'first', first);
      expect(membersOf(fieldsOf(turned, 'first'))).toEqual(membersOf(fieldsOf(both, 'first')));
    }
  });

  it('a second apply of the same changes nothing at all', () => {
    for (const seed of RUNS) {
      const random = new Random(seed);
      const live = apply(undefined, 'first', randomPod(random, NAMES));
      const config = withoutEmpty(randomPod(random, NAMES));
      const once = apply(live, 'second', config, { force: true });
      const twice = apply(once, 'second', config, { time: '2026-01-01T00:00:09Z' });
      expect(twice, `seed ${seed}`).toEqual(once);
    }
  });

  it('a forced apply takes what differs, and no field has two owners of two minds', () => {
    for (const seed of RUNS) {
      const random = new Random(seed);
      const live = apply(undefined, 'first', withoutEmpty(randomPod(random, NAMES)));
      const config = withoutEmpty(randomPod(random, NAMES));
      const forced = apply(live, 'second', config, { force: true });
      // The first may still apply what it has left; what it has lost conflicts or is gone.
      const comparison = compareObjects(applyTypeOf('Pod'), live, forced);
      const lost = intersection(fieldsOf(live, 'first'), union(comparison?.changed, comparison?.removed));
      expect(membersOf(intersection(fieldsOf(forced, 'first'), lost)), `seed ${seed}`).toEqual([]);
    }
  });

  it('an apply without force either changes no field of others or fails', () => {
    let conflicts = 0;
    for (const seed of RUNS) {
      const random = new Random(seed);
      const live = apply(undefined, 'first', randomPod(random, NAMES));
      try {
        const after = apply(live, 'second', randomPod(random, NAMES));
        expect(membersOf(fieldsOf(after, 'first')), `seed ${seed}`).toEqual(membersOf(fieldsOf(live, 'first')));
      } catch (error) {
        if (!isApiError(error, 'Conflict')) throw error;
        conflicts += 1;
      }
    }
    expect(conflicts).toBeGreaterThan(25);
    expect(conflicts).toBeLessThan(RUNS.length);
  });

  it('who applies nothing any more leaves what the other has stated', () => {
    for (const seed of RUNS) {
      const random = new Random(seed);
      const config = randomPod(random, NAMES);
      const other = randomPod(random, NAMES);
      const alone = apply(undefined, 'other', other, { force: true });
      const both = apply(alone, 'first', config, { force: true });
      const left = apply(both, 'first', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } } as KubernetesObject);
      expect(fieldsOf(left, 'first'), `seed ${seed}`).toBeUndefined();
      const kept = fieldsOf(both, 'other');
      expect(membersOf(fieldsOf(left, 'other')), `seed ${seed}`).toEqual(membersOf(kept));
    }
  });
});

/** Without empty maps, lists and structs, whose owner owns them as such. */
function withoutEmpty<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutEmpty) as T;
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, field]) => [name, withoutEmpty(field)] as const);
  return Object.fromEntries(
    fields.filter(([, field]) => typeof field !== 'object' || field === null || Object.keys(field).length > 0),
  ) as T;
}

/** Without what is owned as a whole, and so by one applier only. */
function withoutWhole(pod: KubernetesObject): KubernetesObject {
  const { spec, ...rest } = withoutEmpty(pod) as KubernetesObject & { spec?: Record<string, unknown> };
  if (spec === undefined) return rest;
  const { nodeSelector, tolerations, securityContext, ...granular } = spec;
  return { ...rest, spec: granular } as KubernetesObject;
}

describe('of any update', () => {
  it('what it changes is its own, what it removes is nobody’s, the rest stays', () => {
    for (const seed of RUNS) {
      const random = new Random(seed);
      const live = apply(undefined, 'first', randomPod(random, NAMES));
      const next = randomPod(random, NAMES);
      if (live.metadata?.managedFields === undefined) continue;
      const managedFields = trackUpdate(write('updater', '2026-01-01T00:00:05Z'), live, next);
      const after = { ...next, metadata: { ...next.metadata, managedFields } } as KubernetesObject;
      const comparison = compareObjects(applyTypeOf('Pod'), live, next);
      expect(membersOf(fieldsOf(after, 'updater')), `seed ${seed}`).toEqual(membersOf(comparison?.changed));
      const kept = difference(difference(fieldsOf(live, 'first'), comparison?.changed), comparison?.removed);
      expect(membersOf(fieldsOf(after, 'first')), `seed ${seed}`).toEqual(membersOf(kept));
    }
  });
});

describe('of any two sets', () => {
  it('the algebra holds', () => {
    const type = applyTypeOf('Pod');
    for (const seed of RUNS) {
      const random = new Random(seed);
      const a = fieldSetOf(type, randomPod(random, NAMES));
      const b = fieldSetOf(type, randomPod(random, NAMES));
      const [inA, inB] = [new Set(membersOf(a)), new Set(membersOf(b))];
      expect(membersOf(union(a, b)).sort()).toEqual([...new Set([...inA, ...inB])].sort());
      expect(membersOf(difference(a, b)).sort()).toEqual([...inA].filter((member) => !inB.has(member)).sort());
      expect(membersOf(intersection(a, b)).sort()).toEqual([...inA].filter((member) => inB.has(member)).sort());
      expect(JSON.stringify(union(a, b))).toBe(JSON.stringify(union(b, a)));
    }
  });
});

it('merging states everything: what was merged in is found again', () => {
  const type = applyTypeOf('Pod');
  for (const seed of RUNS) {
    const random = new Random(seed);
    const live = randomPod(random, NAMES);
    const config = withoutEmpty(randomPod(random, NAMES));
    const merged = mergeApplied(type, live, config);
    expect(compareObjects(type, merged as object, mergeApplied(type, merged, config) as object)).toBeUndefined();
    expect(membersOf(difference(fieldSetOf(type, config), fieldSetOf(type, merged))), `seed ${seed}`).toEqual([]);
  }
});
