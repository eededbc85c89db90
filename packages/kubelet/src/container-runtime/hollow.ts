import { AsyncQueue, type Clock, sleep } from '@kubelab/runtime';
import type { ReadonlyPod } from '../pod.js';
import { containerHash } from '../pod-worker/container-hash.js';
import { CONTAINER_ANNOTATIONS } from '../pod-worker/pod-state.js';
import { nextRestartDelayMs } from '../pod-worker/restart-delay.js';
import { imageName } from '../status/container-status.js';
import { type HollowRun, planHollowPull, planHollowRun } from './hollow-behaviour.js';
import { type HollowContainer, sandboxAttemptOf } from './hollow-container.js';
import type { HollowEngine } from './hollow-engine.js';
import {
  type ContainerRuntime,
  type ContainerSpec,
  type ExecOptions,
  type PodIdentity,
  type ProcessStreams,
  type PullProgress,
  type RegistryCredentials,
  type RuntimeContainer,
  RuntimeError,
  type RuntimeEvent,
  type RuntimeImage,
  type SandboxSpec,
} from './runtime.js';

const SIGTERM_EXIT_CODE = 143;
const SIGKILL_EXIT_CODE = 137;
/** Events that may wait for whoever listens. */
const MAX_EVENTS_WAITING = 16_384;

/**
 * The {@link ContainerRuntime} of one hollow node. Its containers take the times
 * that the settings give them, and hold nothing of the machine.
 */
export class HollowRuntime implements ContainerRuntime {
  readonly #engine: HollowEngine;
  readonly #nodeName: string;
  readonly #onChange: (podUid: string) => void;
  /** The pods that have run here and are not all gone. */
  readonly #podUids = new Set<string>();
  /** Images of this node, beside those that all have. */
  #pulled: Set<string> | undefined;
  #events: AsyncQueue<RuntimeEvent> | undefined;

  /** `onChange` hears of what changes by itself: a container that has become ready, or has ended. */
  constructor(engine: HollowEngine, nodeName: string, onChange: (podUid: string) => void) {
    this.#engine = engine;
    this.#nodeName = nodeName;
    this.#onChange = onChange;
  }

  /**
   * Takes over a pod that an earlier process has run: what its status says of
   * its containers is so, and goes on from there. Does nothing for one that is known.
   */
  adopt(pod: ReadonlyPod): void {
    const { uid, namespace = '', name } = pod.metadata;
    const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
    if (this.#engine.of(uid).length > 0 || !statuses.some(({ containerID }) => containerID)) return;
    const identity = { uid, namespace, name };
    const isTerminal = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (!isTerminal) this.#adoptSandbox(identity, pod);
    for (const status of statuses) {
      if (!status.containerID) continue;
      const container = this.#add({
        pod: identity,
        role: 'container',
        name: status.name,
        restartCount: status.restartCount,
        sandboxAttempt: 0,
        hash: adoptedHash(pod, status),
        restartDelayMs: restartDelayMsAfter(status.restartCount),
        image: status.image,
        createdAtMs: this.#now(),
      });
      const ended = status.state?.terminated ?? (status.state?.waiting ? status.lastState?.terminated : undefined);
      const startedAt = status.state?.running?.startedAt ?? ended?.startedAt;
      container.startedAtMs = toMs(startedAt, this.#now());
      container.finishedAtMs = ended ? toMs(ended.finishedAt, this.#now()) : 0;
      container.exitCode = ended?.exitCode ?? 0;
      if (!ended)
        this.#letRun(
          container,
          planHollowRun(this.#engine.options.settings, pod, container.name, container.restartCount),
        );
    }
  }

  async information() {
    return { name: 'hollow', version: '1.0.0', rootDirectory: '', cgroupVersion: '2' };
  }

  async list() {
    const all = [...this.#podUids].flatMap((uid) => this.#engine.of(uid));
    return all.map(({ id, pod, state }) => ({ id, podUid: pod.uid, state }));
  }

  async inspect(id: string) {
    return this.#engine.find(id);
  }

  async *events(signal: AbortSignal, onOpen: () => void): AsyncIterable<RuntimeEvent> {
    const queue = new AsyncQueue<RuntimeEvent>({ capacity: MAX_EVENTS_WAITING });
    this.#events = queue;
    const close = (): void => queue.close();
    signal.addEventListener('abort', close, { once: true });
    onOpen();
    try {
      yield* queue;
    } finally {
      signal.removeEventListener('abort', close);
      this.#events = undefined;
    }
  }

  async runSandbox({ pod, attempt }: SandboxSpec): Promise<RuntimeContainer> {
    const known = this.#engine
      .of(pod.uid)
      .find(({ role, restartCount }) => role === 'sandbox' && restartCount === attempt);
    if (known) return known;
    const sandbox = this.#addSandbox(pod, attempt);
    this.#tell('started', sandbox);
    return sandbox;
  }

  async createContainer(spec: ContainerSpec): Promise<string> {
    const { pod, name, restartCount, annotations } = spec;
    const known = this.#engine.of(pod.uid).find((one) => one.name === name && one.restartCount === restartCount);
    if (known) return known.id;
    this.#plan(pod, name, restartCount);
    return this.#add({
      pod,
      role: 'container',
      name,
      restartCount,
      sandboxAttempt: sandboxAttemptOf(spec.sandboxId),
      hash: annotations[CONTAINER_ANNOTATIONS.hash] ?? '',
      restartDelayMs: Number(annotations[CONTAINER_ANNOTATIONS.restartDelayMs] ?? 0),
      image: spec.image,
      createdAtMs: this.#now(),
    }).id;
  }

  async startContainer(id: string, signal: AbortSignal): Promise<RuntimeContainer> {
    const container = this.#engine.require(id);
    if (container.startedAtMs > 0) return container;
    const run = this.#plan(container.pod, container.name, container.restartCount);
    if (run.startDelayMs > 0) await sleep(run.startDelayMs, signal, this.#clock);
    if (run.startFails) {
      const message = 'hollow: this start is one of those that are to fail';
      Object.assign(container, { error: message, finishedAtMs: this.#now(), exitCode: 128 });
      throw new RuntimeError('refused', message);
    }
    container.startedAtMs = this.#now();
    this.#letRun(container, run);
    this.#tell('started', container);
    return container;
  }

  /** Nothing is limited, so every resize is done at once. */
  async updateResources(id: string): Promise<RuntimeContainer> {
    return this.#engine.require(id);
  }

  async stop(id: string, gracePeriodSeconds: number, signal: AbortSignal): Promise<void> {
    const container = this.#engine.find(id);
    if (container?.state !== 'running') return;
    const { stopDelayMs } = this.#plan(container.pod, container.name, container.restartCount);
    const graceMs = gracePeriodSeconds * 1000;
    const delayMs = Math.min(stopDelayMs, graceMs);
    if (delayMs > 0) await sleep(delayMs, signal, this.#clock);
    this.#end(container, stopDelayMs > graceMs ? SIGKILL_EXIT_CODE : SIGTERM_EXIT_CODE, this.#now());
  }

  async remove(id: string): Promise<void> {
    const container = this.#engine.find(id);
    if (!container) return;
    this.#engine.remove(container);
    if (this.#engine.of(container.pod.uid).length === 0) this.#podUids.delete(container.pod.uid);
    // What waits for its end finds that it has ended.
    container.finishedAtMs ||= this.#now();
    this.#tell('removed', container);
  }

  async image(reference: string): Promise<RuntimeImage | undefined> {
    const { images } = this.#engine.options;
    const present = images === 'all' || images.includes(reference) || this.#pulled?.has(reference);
    return present ? this.#engine.describeImage(reference) : undefined;
  }

  async images(): Promise<readonly RuntimeImage[]> {
    const { images } = this.#engine.options;
    const names = [...(images === 'all' ? [] : images), ...(this.#pulled ?? [])];
    return names.map((name) => this.#engine.describeImage(name));
  }

  async pull(
    reference: string,
    _credentials: RegistryCredentials | undefined,
    _onProgress: (progress: PullProgress) => void,
    signal: AbortSignal,
  ): Promise<void> {
    // A registry that is asked about an image that is here has nothing to send.
    if (await this.image(reference)) return;
    const delayMs = planHollowPull(this.#engine.options.settings, this.#nodeName, reference);
    if (delayMs > 0) await sleep(delayMs, signal, this.#clock);
    this.#pulled ??= new Set();
    this.#pulled.add(this.#engine.share(reference));
  }

  logs: ContainerRuntime['logs'] = (...args) => this.#engine.logs(...args);

  exec(id: string, options: ExecOptions): Promise<ProcessStreams> {
    return this.#engine.exec(id, options);
  }

  attach(id: string): Promise<ProcessStreams> {
    return this.#engine.attach(id);
  }

  async stats({ id }: Pick<RuntimeContainer, 'id'>): Promise<never> {
    throw new RuntimeError('refused', `container ${id} is hollow: it uses nothing`);
  }

  get #clock(): Clock {
    return this.#engine.options.clock;
  }

  #now(): number {
    return this.#clock.now();
  }

  #plan(identity: PodIdentity, name: string, restartCount: number): HollowRun {
    const pod = this.#engine.options.pod(identity);
    if (!pod) throw new RuntimeError('notFound', `no such pod: ${identity.namespace}/${identity.name}`);
    return planHollowRun(this.#engine.options.settings, pod, name, restartCount);
  }

  #add(start: Parameters<HollowEngine['add']>[0]): HollowContainer {
    const container = this.#engine.add(start);
    this.#podUids.add(container.pod.uid);
    return container;
  }

  #addSandbox(pod: PodIdentity, attempt: number): HollowContainer {
    const none = { name: '', image: '', hash: '', restartDelayMs: 0, sandboxAttempt: attempt };
    const createdAtMs = this.#now();
    const sandbox = this.#add({ ...none, pod, role: 'sandbox', restartCount: attempt, createdAtMs });
    sandbox.startedAtMs = createdAtMs;
    return sandbox;
  }

  #adoptSandbox(identity: PodIdentity, pod: ReadonlyPod): void {
    this.#addSandbox(identity, 0).startedAtMs = toMs(pod.status?.startTime, this.#now());
  }

  /** Has it become ready and end when it is to. */
  #letRun(container: HollowContainer, { runMs, readyDelayMs, exitCode }: HollowRun): void {
    const { startedAtMs, pod } = container;
    const readyInMs = startedAtMs + readyDelayMs - this.#now();
    if (readyDelayMs > 0 && readyInMs > 0) {
      container.ready = false;
      this.#clock.setTimeout(() => {
        container.ready = true;
        if (container.state === 'running') this.#onChange(pod.uid);
      }, readyInMs);
    }
    if (runMs === undefined) return;
    const endsAtMs = startedAtMs + runMs;
    this.#clock.setTimeout(
      () => {
        if (container.state !== 'running') return;
        this.#end(container, exitCode, endsAtMs);
        this.#onChange(pod.uid);
      },
      Math.max(0, endsAtMs - this.#now()),
    );
  }

  #end(container: HollowContainer, exitCode: number, atMs: number): void {
    if (container.state !== 'running') return;
    container.exitCode = exitCode;
    container.finishedAtMs = Math.max(atMs, container.startedAtMs);
    this.#tell('died', container);
  }

  #tell(type: RuntimeEvent['type'], { id, pod }: HollowContainer): void {
    this.#events?.push({ type, containerId: id, podUid: pod.uid });
  }
}

function toMs(time: string | undefined, fallbackMs: number): number {
  const milliseconds = Date.parse(time ?? '');
  return Number.isNaN(milliseconds) ? fallbackMs : milliseconds;
}

/** The spec's own, unless the image has changed since. */
function adoptedHash(pod: ReadonlyPod, { name, image }: { readonly name: string; readonly image: string }): string {
  const { initContainers = [], containers = [] } = pod.spec ?? {};
  const container = [...initContainers, ...containers].find((one) => one.name === name);
  return container && imageName(container.image ?? '') === image ? containerHash(container) : '';
}

/** What a container that was started so often would have waited for. */
function restartDelayMsAfter(restartCount: number): number {
  let delayMs = 0;
  for (let restart = 0; restart < Math.min(restartCount, 10); restart += 1) delayMs = nextRestartDelayMs(delayMs);
  return delayMs;
}
