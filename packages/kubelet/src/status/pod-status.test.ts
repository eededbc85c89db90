import type { Container, PodStatus } from '@kubelab/api';
import { describe, expect, it } from 'vitest';
import type { RuntimeContainer } from '../container-runtime/runtime.js';
import type { ReadonlyPod } from '../pod.js';
import { toPodState } from '../pod-worker/pod-state.js';
import { type PodStatusInput, podStatus } from './pod-status.js';

const NOW = Date.parse('2026-01-01T00:01:00Z');
const STARTED = Date.parse('2026-01-01T00:00:30Z');
const SANDBOX = 'sandbox-id';

function pod(spec: Partial<ReadonlyPod['spec'] & object> = {}, status: PodStatus = {}): ReadonlyPod {
  const metadata = {
    name: 'p',
    namespace: 'default',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '',
    generation: 3,
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { containers: [{ name: 'a', image: 'nginx' }], ...spec },
    status,
  };
}

function instance(name: string, more: Partial<RuntimeContainer> = {}): RuntimeContainer {
  return {
    id: `id-${name}-${more.restartCount ?? 0}`,
    role: name === '' ? 'sandbox' : 'container',
    pod: { namespace: 'default', name: 'p', uid: 'u' },
    name,
    restartCount: 0,
    annotations: { sandbox: SANDBOX },
    state: 'running',
    pid: 1,
    createdAtMs: STARTED,
    startedAtMs: STARTED,
    finishedAtMs: 0,
    exitCode: 0,
    oomKilled: false,
    error: '',
    image: 'nginx',
    imageId: 'sha256:1',
    tty: false,
    stopSignal: 'SIGTERM',
    ...more,
  };
}

const sandbox = instance('', { id: SANDBOX });
const ended = (name: string, exitCode: number, more: Partial<RuntimeContainer> = {}) =>
  instance(name, { state: 'exited', exitCode, finishedAtMs: NOW, ...more });

function status(of: ReadonlyPod, containers: RuntimeContainer[], more: Partial<PodStatusInput> = {}): PodStatus {
  return podStatus({
    pod: of,
    state: toPodState(containers),
    podIPs: containers.includes(sandbox) ? ['10.0.0.2'] : [],
    hostIP: '192.0.2.1',
    waiting: new Map(),
    messages: new Map(),
    starting: new Set(),
    imageIdOf: ({ imageId }) => `docker://${imageId}`,
    engineName: 'docker',
    ending: false,
    ended: false,
    failure: undefined,
    nowMs: NOW,
    ...more,
  });
}

function condition(of: PodStatus, type: string) {
  const { status: value, reason, message } = of.conditions?.find((one) => one.type === type) ?? {};
  return [value, reason, message];
}

const init = (name: string, more: Partial<Container> = {}): Container => ({ name, image: 'nginx', ...more });

describe('phase', () => {
  const two = { containers: [init('a'), init('b')] };
  it.each([
    ['nothing yet', {}, [], 'Pending'],
    ['a sandbox only', {}, [sandbox], 'Pending'],
    ['running', {}, [sandbox, instance('a')], 'Running'],
    ['one of two started', two, [sandbox, instance('a')], 'Pending'],
    ['one of two ended', two, [sandbox, instance('a'), ended('b', 1)], 'Running'],
    ['crashed, to be restarted', {}, [sandbox, ended('a', 1)], 'Running'],
    ['ended well, Always', {}, [sandbox, ended('a', 0)], 'Running'],
    ['ended well, OnFailure', { restartPolicy: 'OnFailure' }, [sandbox, ended('a', 0)], 'Succeeded'],
    ['crashed, OnFailure', { restartPolicy: 'OnFailure' }, [sandbox, ended('a', 1)], 'Running'],
    ['ended well, Never', { restartPolicy: 'Never' }, [ended('a', 0)], 'Succeeded'],
    ['crashed, Never', { restartPolicy: 'Never' }, [ended('a', 1)], 'Failed'],
    ['one of two crashed, Never', { ...two, restartPolicy: 'Never' }, [ended('a', 0), ended('b', 1)], 'Failed'],
    ['initialising', { initContainers: [init('i')] }, [sandbox, instance('i')], 'Pending'],
    ['init crashed', { initContainers: [init('i')] }, [sandbox, ended('i', 1)], 'Pending'],
    ['init crashed, Never', { initContainers: [init('i')], restartPolicy: 'Never' }, [ended('i', 1)], 'Failed'],
    ['initialised', { initContainers: [init('i')] }, [sandbox, ended('i', 0), instance('a')], 'Running'],
    [
      'beside a sidecar',
      { initContainers: [init('s', { restartPolicy: 'Always' })] },
      [sandbox, instance('s'), instance('a')],
      'Running',
    ],
  ] as const)('%s', (_, spec, containers, phase) => {
    expect(status(pod(spec as Partial<ReadonlyPod['spec'] & object>), [...containers]).phase).toBe(phase);
  });

  it('of a pod that is ended is final, whatever its restart policy', () => {
    const over = { ending: true, ended: true };
    expect(status(pod(), [ended('a', 0)], over).phase).toBe('Succeeded');
    expect(status(pod(), [ended('a', 137)], over).phase).toBe('Failed');
    expect(status(pod(), [], over).phase).toBe('Failed');
  });
});

describe('conditions', () => {
  it('of a running pod are all True', () => {
    const of = status(pod(), [sandbox, instance('a')]);
    expect(of.conditions?.map(({ type, status: value }) => [type, value])).toEqual([
      ['PodReadyToStartContainers', 'True'],
      ['Initialized', 'True'],
      ['Ready', 'True'],
      ['ContainersReady', 'True'],
      ['PodScheduled', 'True'],
    ]);
    expect(of.conditions?.every(({ observedGeneration }) => observedGeneration === 3)).toBe(true);
  });

  it('name the containers that are not ready', () => {
    const of = status(pod({ initContainers: [init('i')], containers: [init('a'), init('b')] }), [
      sandbox,
      instance('i'),
    ]);
    expect(condition(of, 'Initialized')).toEqual([
      'False',
      'ContainersNotInitialized',
      'containers with incomplete status: [i]',
    ]);
    expect(condition(of, 'ContainersReady')).toEqual([
      'False',
      'ContainersNotReady',
      'containers with unready status: [a b]',
    ]);
    expect(condition(of, 'Ready')).toEqual(['False', 'ContainersNotReady', 'containers with unready status: [a b]']);
  });

  it('say that the pod is over', () => {
    const never = pod({ restartPolicy: 'Never' });
    expect(condition(status(never, [ended('a', 0)]), 'Ready')).toEqual(['False', 'PodCompleted', undefined]);
    expect(condition(status(never, [ended('a', 1)]), 'Ready')).toEqual(['False', 'PodFailed', undefined]);
  });

  it('heed readiness gates', () => {
    const gates = [{ conditionType: 'gate.example/open' }];
    const containers = [sandbox, instance('a')];
    expect(condition(status(pod({ readinessGates: gates }), containers), 'Ready')).toEqual([
      'False',
      'ReadinessGatesNotReady',
      'corresponding condition of pod readiness gate "gate.example/open" does not exist.',
    ]);
    const open = pod({ readinessGates: gates }, { conditions: [{ type: 'gate.example/open', status: 'True' }] });
    expect(condition(status(open, containers), 'Ready')).toEqual(['True', undefined, undefined]);
  });

  it('keep the time of a transition while the status stays', () => {
    const conditions = [
      { type: 'Ready', status: 'True', lastTransitionTime: '2025-01-01T00:00:00Z' },
      { type: 'Initialized', status: 'False', lastTransitionTime: '2025-01-01T00:00:00Z' },
    ];
    const of = status(pod({}, { conditions }), [sandbox, instance('a')]);
    const time = (type: string) => of.conditions?.find((one) => one.type === type)?.lastTransitionTime;
    expect([time('Ready'), time('Initialized')]).toEqual(['2025-01-01T00:00:00Z', '2026-01-01T00:01:00Z']);
  });
});

describe('container statuses', () => {
  const of = (containers: RuntimeContainer[], more?: Partial<PodStatusInput>) =>
    status(pod(), [sandbox, ...containers], more).containerStatuses?.[0];

  it('of one that runs', () => {
    expect(of([instance('a')])).toMatchObject({
      name: 'a',
      image: 'nginx:latest',
      imageID: 'docker://sha256:1',
      containerID: 'docker://id-a-0',
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: '2026-01-01T00:00:30Z' } },
      lastState: {},
    });
  });

  it('of one whose postStart hook runs', () => {
    expect(of([instance('a')], { starting: new Set(['id-a-0']) })).toMatchObject({ ready: false, started: false });
  });

  it.each([
    ['Completed', { exitCode: 0 }, {}],
    ['Error', { exitCode: 2 }, {}],
    ['OOMKilled', { exitCode: 137, oomKilled: true }, {}],
    ['ContainerCannotRun', { exitCode: 127, error: 'no such file', startedAtMs: 0 }, { message: 'no such file' }],
  ])('of one that has ended: %s', (reason, more, expected) => {
    expect(of([ended('a', more.exitCode, more)])?.state?.terminated).toMatchObject({
      reason,
      exitCode: more.exitCode,
      ...expected,
    });
  });

  it('of one that crashed and waits', () => {
    const waiting = new Map([['a', { reason: 'CrashLoopBackOff', message: 'back-off' }]]);
    const messages = new Map([['id-a-1', 'why']]);
    expect(of([ended('a', 1), ended('a', 2, { restartCount: 1 })], { waiting, messages })).toMatchObject({
      restartCount: 1,
      ready: false,
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } },
      lastState: { terminated: { exitCode: 2, message: 'why' } },
    });
  });

  it('of one that has not been made', () => {
    expect(of([])?.state).toEqual({ waiting: { reason: 'ContainerCreating' } });
    const waits = status(pod({ initContainers: [init('i')] }), [sandbox, instance('i')]);
    expect(waits.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: 'PodInitializing' } });
  });

  it('of one that nobody can find any more', () => {
    const over = { ending: true, ended: true };
    expect(of([], over)?.state?.terminated).toMatchObject({ exitCode: 137, reason: 'ContainerStatusUnknown' });
    const terminated = { exitCode: 5, reason: 'Error' };
    const known = { name: 'a', image: '', imageID: '', ready: false, restartCount: 4, state: { terminated } };
    const remembered = status(pod({}, { containerStatuses: [known] }), [], over).containerStatuses?.[0];
    expect(remembered).toMatchObject({ restartCount: 4, state: { terminated } });
  });
});

describe('the status of containers that never had their turn', () => {
  const over = { ending: true, ended: true };
  const sidecar = init('s', { restartPolicy: 'Always' });
  const statesOf = (containers: RuntimeContainer[], initContainers: Container[], before: PodStatus = {}) => {
    const { phase, ...all } = status(pod({ initContainers, restartPolicy: 'Never' }, before), containers, over);
    const statuses = [...(all.initContainerStatuses ?? []), ...(all.containerStatuses ?? [])];
    return [phase, ...statuses.map(({ state }) => state?.terminated?.reason ?? state?.waiting?.reason)];
  };

  it('goes on waiting once their pod has ended', () => {
    const failed = [ended('s', 0), ended('i', 3)];
    expect(statesOf(failed, [sidecar, init('i'), init('j')])).toEqual([
      'Failed',
      'Completed',
      'Error',
      'PodInitializing',
      'PodInitializing',
    ]);
  });

  it('is unknown where initialisation was over', () => {
    expect(statesOf([ended('i', 0)], [init('i')])).toEqual(['Failed', 'Completed', 'ContainerStatusUnknown']);
    const started = { name: 's', image: '', imageID: '', ready: true, restartCount: 0, started: true };
    const states = statesOf([ended('s', 0)], [sidecar], { initContainerStatuses: [started] });
    expect(states).toEqual(['Failed', 'Completed', 'ContainerStatusUnknown']);
    expect(statesOf([], [init('i')])).toEqual(['Failed', 'ContainerStatusUnknown', 'PodInitializing']);
  });

  it('is not ready for a sidecar that has ended well', () => {
    const after = status(pod({ initContainers: [sidecar, init('i')] }), [ended('s', 0), ended('i', 0)], over);
    expect(after.initContainerStatuses?.map(({ ready }) => ready)).toEqual([false, true]);
  });
});

describe('the rest', () => {
  it('keeps the addresses of a pod that is over, its start and a reason that somebody gave', () => {
    const before = {
      podIP: '10.0.0.9',
      podIPs: [{ ip: '10.0.0.9' }],
      startTime: '2025-01-01T00:00:00Z',
      reason: 'Evicted',
      message: 'm',
    };
    expect(status(pod({ restartPolicy: 'Never' }, before), [ended('a', 1)])).toMatchObject({
      ...before,
      hostIP: '192.0.2.1',
    });
  });

  it('says why a pod failed as a whole', () => {
    const failure = { reason: 'OutOfcpu', message: 'no room' };
    expect(status(pod(), [], { failure, ending: true, ended: true })).toMatchObject({ phase: 'Failed', ...failure });
  });
});
