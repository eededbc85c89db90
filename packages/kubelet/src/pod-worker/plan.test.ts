import type { Container, Pod } from '@kubelab/api';
import { describe, expect, it } from 'vitest';
import type { RuntimeContainer } from '../container-runtime/runtime.js';
import type { ReadonlyPod } from '../pod.js';
import { containerHash } from './container-hash.js';
import { planPod } from './plan.js';
import { CONTAINER_ANNOTATIONS, toPodState } from './pod-state.js';

const NOW = 1_000_000;
const IMAGE = 'busybox';

function pod(spec: Partial<Pod['spec'] & object> = {}): ReadonlyPod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    spec: { containers: [container('a')], ...spec },
  };
}

function container(name: string, more: Partial<Container> = {}): Container {
  return { name, image: IMAGE, ...more };
}

function instance(
  name: string,
  more: Partial<RuntimeContainer> & { sandboxId?: string; delayMs?: number } = {},
): RuntimeContainer {
  const { sandboxId = 'sandbox-0', delayMs = 0, ...rest } = more;
  return {
    id: `${name || 'sandbox'}-${more.restartCount ?? 0}`,
    role: name === '' ? 'sandbox' : 'container',
    pod: { namespace: 'default', name: 'p', uid: 'u' },
    name,
    restartCount: 0,
    annotations: {
      [CONTAINER_ANNOTATIONS.sandbox]: sandboxId,
      [CONTAINER_ANNOTATIONS.hash]: containerHash({ name, image: IMAGE }),
      [CONTAINER_ANNOTATIONS.restartDelayMs]: String(delayMs),
    },
    state: 'running',
    pid: 1,
    createdAtMs: NOW - 60_000,
    startedAtMs: NOW - 60_000,
    finishedAtMs: 0,
    exitCode: 0,
    oomKilled: false,
    error: '',
    image: IMAGE,
    imageId: 'sha256:1',
    tty: false,
    stopSignal: 'SIGTERM',
    ...rest,
  };
}

const sandbox = instance('');
const deadSandbox = instance('', { state: 'exited', finishedAtMs: NOW });
function ended(name: string, exitCode: number, more: Parameters<typeof instance>[1] = {}): RuntimeContainer {
  return instance(name, { state: 'exited', pid: 0, exitCode, finishedAtMs: NOW - 1_000, ...more });
}

function plan(of: ReadonlyPod, ...containers: RuntimeContainer[]) {
  const { kill, removeSandboxes, createSandbox, start, wait, remove, finished } = planPod(
    of,
    toPodState(containers),
    NOW,
  );
  return {
    kill: kill.map((one) => one.container.id),
    removeSandboxes: removeSandboxes.map(({ id }) => id),
    createSandbox,
    start: start.map((one) => [one.container.name, one.kind, one.restartCount, one.restartDelayMs]),
    wait: wait.map(({ name, delayMs, untilMs }) => [name, delayMs, untilMs - NOW]),
    remove: remove.map(({ id }) => id),
    finished,
  };
}

const nothing = {
  kill: [],
  removeSandboxes: [],
  createSandbox: undefined,
  start: [],
  wait: [],
  remove: [],
  finished: false,
};

describe('a pod that has nothing yet', () => {
  it('gets a sandbox and its containers', () => {
    expect(plan(pod({ containers: [container('a'), container('b')] }))).toEqual({
      ...nothing,
      createSandbox: 0,
      start: [
        ['a', 'main', 0, 0],
        ['b', 'main', 0, 0],
      ],
    });
  });

  it('begins with its first init container', () => {
    const of = pod({ initContainers: [container('i'), container('j')] });
    expect(plan(of)).toEqual({ ...nothing, createSandbox: 0, start: [['i', 'init', 0, 0]] });
  });
});

describe('a pod that runs', () => {
  it('is left alone', () => {
    expect(plan(pod(), sandbox, instance('a'))).toEqual(nothing);
  });

  it('has a container started that was only created', () => {
    expect(plan(pod(), sandbox, instance('a', { state: 'created', startedAtMs: 0 })).start).toEqual([
      ['a', 'main', 0, 0],
    ]);
  });

  it('has a container of another image restarted', () => {
    const of = pod({ containers: [container('a', { image: 'other' })] });
    expect(plan(of, sandbox, instance('a'))).toEqual({ ...nothing, kill: ['a-0'], start: [['a', 'main', 1, 0]] });
  });
});

describe('an ephemeral container', () => {
  const of = pod({
    ephemeralContainers: [
      { name: 'd', image: IMAGE },
      { name: 'e', image: IMAGE, targetContainerName: 'a' },
    ],
  });

  it('is started in a pod that runs, beside its target', () => {
    expect(plan(of, sandbox, instance('a')).start).toEqual([
      ['d', 'ephemeral', 0, 0],
      ['e', 'ephemeral', 0, 0],
    ]);
    const { start } = planPod(of, toPodState([sandbox, instance('a')]), NOW);
    expect(start.map(({ targetId }) => targetId)).toEqual([undefined, 'a-0']);
  });

  it('waits for its target', () => {
    expect(plan(of, sandbox).start).toEqual([
      ['d', 'ephemeral', 0, 0],
      ['a', 'main', 0, 0],
    ]);
  });

  it('is never started again, and keeps no pod alive', () => {
    const never = { ...of, spec: { containers: [container('a')], ...of.spec, restartPolicy: 'Never' } };
    expect(plan(of, sandbox, instance('a'), ended('d', 1), ended('e', 0))).toEqual(nothing);
    expect(plan(never, sandbox, ended('a', 0), instance('d'), instance('e'))).toMatchObject({
      finished: true,
      kill: ['d-0', 'e-0'],
    });
  });
});

describe('a container that has ended', () => {
  it.each([
    ['Always', 0, true],
    ['Always', 1, true],
    ['OnFailure', 0, false],
    ['OnFailure', 1, true],
    ['Never', 0, false],
    ['Never', 1, false],
  ])('under %s with exit code %i: started again is %s', (restartPolicy, exitCode, again) => {
    const result = plan(pod({ restartPolicy }), sandbox, ended('a', exitCode));
    expect(result.start).toEqual(again ? [['a', 'main', 1, 10_000]] : []);
    expect(result.finished).toBe(!again);
    expect(result.removeSandboxes).toEqual(again ? [] : ['sandbox-0']);
  });

  it.each([
    ['its first crash', 0, 1_000, 60_000, [], [['a', 'main', 1, 10_000]]],
    ['its second', 10_000, 1_000, 60_000, [['a', 10_000, 9_000]], []],
    ['its second, after the wait', 10_000, 10_000, 60_000, [], [['a', 'main', 1, 20_000]]],
    ['many', 300_000, 1_000, 60_000, [['a', 300_000, 299_000]], []],
    ['the last of many, after the wait', 300_000, 300_000, 60_000, [], [['a', 'main', 1, 300_000]]],
    ['many, and ten good minutes', 300_000, 1_000, 600_000, [], [['a', 'main', 1, 10_000]]],
  ] as const)('after %s', (_, delayMs, endedAgoMs, ranMs, wait, start) => {
    const finishedAtMs = NOW - endedAgoMs;
    const crashed = ended('a', 1, { delayMs, finishedAtMs, startedAtMs: finishedAtMs - ranMs });
    expect(plan(pod(), sandbox, crashed)).toEqual({ ...nothing, wait, start });
  });

  it('does not hold up the others', () => {
    const of = pod({ containers: [container('a'), container('b')] });
    expect(plan(of, sandbox, ended('a', 1, { delayMs: 10_000 }))).toEqual({
      ...nothing,
      start: [['b', 'main', 0, 0]],
      wait: [['a', 10_000, 9_000]],
    });
  });

  it('is kept, one of each, for its logs', () => {
    const containers = [ended('a', 1, { restartCount: 1 }), instance('a', { restartCount: 2 }), ended('a', 1)];
    expect(plan(pod(), sandbox, ...containers)).toEqual({ ...nothing, remove: ['a-0'] });
  });

  it('is kept beside the one that ended last, whose last state it is', () => {
    const over = [0, 1, 2].map((restartCount) => ended('a', 0, { restartCount }));
    expect(plan(pod({ restartPolicy: 'OnFailure' }), sandbox, ...over)).toMatchObject({
      remove: ['a-0'],
      finished: true,
    });
  });
});

describe('a sandbox that has died', () => {
  it('is replaced, and everything in it', () => {
    expect(plan(pod(), deadSandbox, instance('a'))).toEqual({
      ...nothing,
      kill: ['a-0'],
      removeSandboxes: ['sandbox-0'],
      createSandbox: 1,
      start: [['a', 'main', 1, 10_000]],
    });
  });

  it('takes with it what was only created for it', () => {
    const created = instance('a', { state: 'created', startedAtMs: 0 });
    expect(plan(pod(), deadSandbox, created)).toMatchObject({ remove: ['a-0'], start: [['a', 'main', 0, 0]] });
  });

  it('is not replaced for a pod that is over', () => {
    const over = { ...nothing, removeSandboxes: ['sandbox-0'], finished: true };
    expect(plan(pod({ restartPolicy: 'Never' }), deadSandbox, ended('a', 1))).toEqual(over);
    expect(plan(pod({ restartPolicy: 'OnFailure' }), deadSandbox, ended('a', 0))).toEqual(over);
  });

  it('makes initialisation begin again', () => {
    const of = pod({ initContainers: [container('i')] });
    expect(plan(of, deadSandbox, ended('i', 0), ended('a', 137)).start).toEqual([['i', 'init', 1, 10_000]]);
  });

  it('does not repeat what has succeeded', () => {
    const of = pod({ restartPolicy: 'OnFailure', containers: [container('a'), container('b')] });
    const replaced = instance('', { restartCount: 1, id: 'sandbox-1' });
    expect(plan(of, replaced, ended('a', 0), ended('b', 137)).start).toEqual([['b', 'main', 1, 10_000]]);
  });
});

describe('init containers', () => {
  const of = pod({ initContainers: [container('i'), container('j')] });

  it.each([
    ['runs', [instance('i')], { start: [], wait: [] }],
    ['has succeeded', [ended('i', 0)], { start: [['j', 'init', 0, 0]] }],
    ['has failed', [ended('i', 1)], { start: [['i', 'init', 1, 10_000]] }],
    ['fails again', [ended('i', 1, { delayMs: 10_000 })], { start: [], wait: [['i', 10_000, 9_000]] }],
  ])('when the first one %s', (_, containers, expected) => {
    expect(plan(of, sandbox, ...containers)).toMatchObject({ ...expected, finished: false });
  });

  it('let the others start when all have succeeded', () => {
    expect(plan(of, sandbox, ended('i', 0), ended('j', 0)).start).toEqual([['a', 'main', 0, 0]]);
  });

  it('end a pod that restarts nothing', () => {
    const never = pod({ initContainers: [container('i')], restartPolicy: 'Never' });
    expect(plan(never, sandbox, ended('i', 1))).toMatchObject({ finished: true, removeSandboxes: ['sandbox-0'] });
  });

  it('are done for good once a container has run', () => {
    expect(plan(of, sandbox, instance('a'))).toEqual(nothing);
  });
});

describe('a sidecar', () => {
  const sidecar = container('s', { restartPolicy: 'Always' });
  const of = pod({ initContainers: [sidecar, container('i')] });

  it('lets the next one start as soon as it runs', () => {
    expect(plan(of, sandbox, instance('s')).start).toEqual([['i', 'init', 0, 0]]);
  });

  it('is started again, whatever else runs', () => {
    expect(plan(of, sandbox, ended('s', 0), ended('i', 0), instance('a')).start).toEqual([['s', 'init', 1, 10_000]]);
  });

  it('is not started again for a pod that is over', () => {
    const once = pod({ initContainers: [sidecar], restartPolicy: 'OnFailure' });
    expect(plan(once, sandbox, ended('s', 0), ended('a', 0))).toMatchObject({ start: [], finished: true });
  });

  it('does not keep a pod alive that is over', () => {
    const once = pod({ initContainers: [sidecar], restartPolicy: 'Never' });
    expect(plan(once, sandbox, instance('s'), ended('a', 0))).toEqual({
      ...nothing,
      kill: ['s-0'],
      removeSandboxes: ['sandbox-0'],
      finished: true,
    });
  });
});
