import { createManualClock } from '@kubelab/runtime';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ReadonlyPod } from '../pod.js';
import { HollowRuntime } from './hollow.js';
import type { HollowSettings } from './hollow-behaviour.js';
import { HollowEngine } from './hollow-engine.js';
import type { ContainerSpec, RuntimeEvent } from './runtime.js';

const UID = '00000000-0000-0000-0000-000000000001';
const identity = { namespace: 'default', name: 'p', uid: UID };
const { signal } = new AbortController();
const range = (ms: number) => ({ minMs: ms, maxMs: ms });

let clock: ReturnType<typeof createManualClock>;
let known: ReadonlyPod;
let engine: HollowEngine;
let runtime: HollowRuntime;
let changes: string[];

function pod(status: object = {}, annotations: Record<string, string> = {}): ReadonlyPod {
  const metadata = { ...identity, resourceVersion: '1', creationTimestamp: '', annotations };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'main', image: 'nginx' }] }, status };
}

function build(settings: Partial<HollowSettings> = {}, images: readonly string[] | 'all' = 'all'): void {
  clock = createManualClock();
  changes = [];
  const all: HollowSettings = {
    seed: 'a',
    startDelay: range(0),
    readyDelay: range(0),
    runTime: undefined,
    completionTime: range(0),
    stopDelay: range(0),
    pullTime: range(1_000),
    exitCode: 0,
    failureRate: 0,
    startFailureRate: 0,
    ...settings,
  };
  engine = new HollowEngine({ settings: all, images, pod: () => known, clock });
  runtime = new HollowRuntime(engine, 'hollow-1', (uid) => changes.push(uid));
}

async function create(restartCount = 0): Promise<string> {
  const sandbox = await runtime.runSandbox({ pod: identity, attempt: 0, hostname: '', host: NONE, sysctls: {} });
  const annotations = { sandbox: sandbox.id, hash: 'h', 'restart-delay-ms': '0' };
  const spec = { pod: identity, sandboxId: sandbox.id, name: 'main', image: 'nginx', restartCount, annotations };
  return runtime.createContainer(spec as unknown as ContainerSpec);
}

const NONE = { network: false, pid: false, ipc: false };

beforeEach(() => {
  known = pod();
  build();
});

describe('a hollow container', () => {
  it('is created, runs, and is stopped as one that got SIGTERM', async () => {
    const id = await create();
    expect((await runtime.inspect(id))?.state).toBe('created');
    expect((await runtime.startContainer(id, signal)).state).toBe('running');
    await clock.advance(3_600_000);
    expect(engine.find(id)?.state).toBe('running');
    await runtime.stop(id, 30, signal);
    expect(engine.find(id)).toMatchObject({ state: 'exited', exitCode: 143 });
  });

  it('is made once, however often it is asked for', async () => {
    expect(await create()).toBe(await create());
    expect(await runtime.list()).toHaveLength(2);
  });

  it('takes its time to start, to become ready and to stop', async () => {
    build({ startDelay: range(500), readyDelay: range(2_000), stopDelay: range(5_000) });
    const id = await create();
    const starting = runtime.startContainer(id, signal);
    await clock.advance(499);
    expect(engine.find(id)?.state).toBe('created');
    await clock.advance(1);
    expect(await starting).toMatchObject({ state: 'running', ready: false });
    await clock.advance(2_000);
    expect([engine.find(id)?.ready, changes]).toEqual([true, [UID]]);
    const stopping = runtime.stop(id, 30, signal);
    await clock.advance(4_999);
    expect(engine.find(id)?.state).toBe('running');
    await clock.advance(1);
    await stopping;
    expect(engine.find(id)?.exitCode).toBe(143);
  });

  it('is killed when its grace period is over', async () => {
    build({ stopDelay: range(60_000) });
    const id = await create();
    await runtime.startContainer(id, signal);
    const stopping = runtime.stop(id, 2, signal);
    await clock.advance(2_000);
    await stopping;
    expect(engine.find(id)?.exitCode).toBe(137);
  });

  it('ends by itself when its pod says so, and tells', async () => {
    known = pod({}, { 'kubelab.io/hollow-run-seconds': '10', 'kubelab.io/hollow-exit-code': '3' });
    const id = await create();
    const { startedAtMs } = await runtime.startContainer(id, signal);
    await clock.advance(9_999);
    expect(changes).toEqual([]);
    await clock.advance(1);
    expect(changes).toEqual([UID]);
    expect(engine.find(id)).toMatchObject({ state: 'exited', exitCode: 3, finishedAtMs: startedAtMs + 10_000 });
  });

  it('says why it does not start, where starts fail', async () => {
    build({ startFailureRate: 1 });
    const id = await create();
    await expect(runtime.startContainer(id, signal)).rejects.toMatchObject({ kind: 'refused' });
    expect(engine.find(id)).toMatchObject({ state: 'exited', startedAtMs: 0, exitCode: 128 });
    expect(engine.find(id)?.error).toContain('hollow');
  });

  it('leaves nothing when it is removed', async () => {
    const id = await create();
    await runtime.startContainer(id, signal);
    for (const each of await runtime.list()) await runtime.remove(each.id);
    expect([await runtime.list(), [...engine.podUids()]]).toEqual([[], []]);
    await expect(runtime.startContainer(id, signal)).rejects.toMatchObject({ kind: 'notFound' });
  });

  it('has one line to say, and nothing to run a command in', async () => {
    const id = await create();
    await runtime.startContainer(id, signal);
    const options = {
      follow: false,
      timestamps: false,
      tailLines: undefined,
      sinceMs: undefined,
      stdout: true,
      stderr: true,
    };
    let text = '';
    for await (const { data } of await runtime.logs(id, options, signal)) text += data.toString();
    expect(text).toMatch(/^container main of pod default\/p is hollow: .*\n$/);
    const exec = { command: ['ls'], stdin: false, stdout: true, stderr: true, tty: false };
    await expect(runtime.exec(id, exec)).rejects.toThrow('container "main" is hollow');
    await expect(runtime.attach(id)).rejects.toThrow('nothing to attach to');
  });

  it('is told of in events', async () => {
    const stop = new AbortController();
    const seen: RuntimeEvent['type'][] = [];
    const following = (async () => {
      for await (const { type } of runtime.events(stop.signal, () => {})) seen.push(type);
    })();
    const id = await create();
    await runtime.startContainer(id, signal);
    await runtime.stop(id, 1, signal);
    await runtime.remove(id);
    stop.abort();
    await following;
    expect(seen).toEqual(['started', 'started', 'died', 'removed']);
  });
});

describe('images', () => {
  it('are all there, unless some are named', async () => {
    expect((await runtime.image('any:1'))?.id).toMatch(/^sha256:[0-9a-f]{64}$/);
    build({}, ['nginx']);
    expect([await runtime.image('nginx'), await runtime.image('redis')]).toMatchObject(
      [{ names: ['nginx'] }, undefined].map((one) => one),
    );
  });

  it('that are there are pulled in no time', async () => {
    await runtime.pull('any:latest', undefined, () => {}, signal);
    expect(await runtime.images()).toEqual([]);
  });

  it('are pulled, to one node alone', async () => {
    build({}, ['nginx']);
    const other = new HollowRuntime(engine, 'hollow-2', () => {});
    const pulling = runtime.pull('redis', undefined, () => {}, signal);
    await clock.advance(1_000);
    await pulling;
    expect((await runtime.images()).map(({ names }) => names[0])).toEqual(['nginx', 'redis']);
    expect(await other.image('redis')).toBeUndefined();
  });
});

describe('a pod that an earlier process has run', () => {
  const running = (more: object = {}) =>
    pod({
      phase: 'Running',
      startTime: '2029-12-31T23:00:00Z',
      containerStatuses: [
        {
          name: 'main',
          image: 'nginx:latest',
          containerID: `hollow://${UID}.main.2`,
          restartCount: 2,
          state: { running: { startedAt: '2029-12-31T23:30:00Z' } },
          ...more,
        },
      ],
    });

  it('goes on, since when it did', () => {
    known = running();
    runtime.adopt(known);
    runtime.adopt(known);
    const [sandbox, container, ...others] = engine.of(UID);
    expect(others).toEqual([]);
    expect(sandbox).toMatchObject({ role: 'sandbox', state: 'running' });
    expect(container).toMatchObject({
      id: `${UID}.main.2`,
      state: 'running',
      startedAtMs: Date.parse('2029-12-31T23:30:00Z'),
      annotations: { sandbox: sandbox?.id, 'restart-delay-ms': '20000' },
    });
  });

  it('has ended meanwhile where its time was up', async () => {
    known = { ...running(), metadata: { ...pod({}, { 'kubelab.io/hollow-run-seconds': '60' }).metadata } };
    runtime.adopt(known);
    await clock.advance(0);
    expect(engine.of(UID)[1]).toMatchObject({ state: 'exited', finishedAtMs: Date.parse('2029-12-31T23:31:00Z') });
    expect(changes).toEqual([UID]);
  });

  it('is over where it was over', () => {
    const ended = { exitCode: 4, startedAt: '2029-12-31T23:30:00Z', finishedAt: '2029-12-31T23:31:00Z' };
    const { status, ...rest } = running({ state: { terminated: ended } });
    known = { ...rest, status: { ...status, phase: 'Failed' } };
    runtime.adopt(known);
    expect(engine.of(UID)).toMatchObject([{ role: 'container', state: 'exited', exitCode: 4 }]);
  });

  it('is not there before it has run', () => {
    runtime.adopt(pod({ phase: 'Pending', containerStatuses: [{ name: 'main', image: 'nginx', restartCount: 0 }] }));
    expect(engine.of(UID)).toEqual([]);
  });
});
