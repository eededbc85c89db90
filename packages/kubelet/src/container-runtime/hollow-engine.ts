import { createHash } from 'node:crypto';
import type { Clock } from '@kubelab/runtime';
import type { ReadonlyPod } from '../pod.js';
import { fraction, type HollowSettings } from './hollow-behaviour.js';
import { HollowContainer, type HollowContainerStart, podUidOf } from './hollow-container.js';
import { hollowLog } from './hollow-log.js';
import {
  type ContainerRuntime,
  type ExecOptions,
  type PodIdentity,
  type ProcessStreams,
  type RuntimeContainer,
  RuntimeError,
  type RuntimeImage,
} from './runtime.js';

export interface HollowEngineOptions {
  readonly settings: HollowSettings;
  /** Present on every node from the start; `all`: no image is ever pulled. */
  readonly images: readonly string[] | 'all';
  /** The pod as it is known now: its annotations say how it behaves. */
  readonly pod: (identity: PodIdentity) => ReadonlyPod | undefined;
  readonly clock: Clock;
}

/** Sizes that images are said to have. */
const MIN_IMAGE_BYTES = 8 * 2 ** 20;
const MAX_IMAGE_BYTES = 512 * 2 ** 20;

/** What the hollow nodes of a process share: every container by its pod's uid, and what is known of images. */
export class HollowEngine {
  readonly #pods = new Map<string, HollowContainer[]>();
  readonly #images = new Map<string, RuntimeImage>();
  /** One copy of texts that many containers have. */
  readonly #texts = new Map<string, string>();

  constructor(readonly options: HollowEngineOptions) {}

  of(podUid: string): readonly HollowContainer[] {
    return this.#pods.get(podUid) ?? [];
  }

  find(id: string): HollowContainer | undefined {
    return this.of(podUidOf(id)).find((container) => container.id === id);
  }

  /** @throws RuntimeError notFound */
  require(id: string): HollowContainer {
    const container = this.find(id);
    if (!container) throw new RuntimeError('notFound', `no such container: ${id}`);
    return container;
  }

  podUids(): Iterable<string> {
    return this.#pods.keys();
  }

  add(start: Omit<HollowContainerStart, 'imageId'>): HollowContainer {
    const siblings = this.#pods.get(start.pod.uid);
    const image = this.share(start.image);
    const container = new HollowContainer({
      ...start,
      pod: siblings?.[0]?.pod ?? start.pod,
      name: this.share(start.name),
      hash: this.share(start.hash),
      image,
      imageId: this.describeImage(image).id,
    });
    if (siblings) siblings.push(container);
    else this.#pods.set(container.pod.uid, [container]);
    return container;
  }

  remove(container: HollowContainer): void {
    const siblings = this.#pods.get(container.pod.uid) ?? [];
    const index = siblings.indexOf(container);
    if (index >= 0) siblings.splice(index, 1);
    if (siblings.length === 0) this.#pods.delete(container.pod.uid);
  }

  share(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }

  describeImage(reference: string): RuntimeImage {
    const known = this.#images.get(reference);
    if (known) return known;
    const id = `sha256:${createHash('sha256').update(reference).digest('hex')}`;
    const sizeBytes = Math.round(MIN_IMAGE_BYTES + (MAX_IMAGE_BYTES - MIN_IMAGE_BYTES) * fraction('size', reference));
    const image = { id, names: [reference], sizeBytes, labels: {}, user: '' };
    this.#images.set(reference, image);
    return image;
  }

  /** One line that says what it is; ends with the container, where it is followed. */
  readonly logs: ContainerRuntime['logs'] = async (id, options, signal) =>
    hollowLog(this.require(id), options, this.options.clock, signal);

  exec(id: string, _options: ExecOptions): Promise<ProcessStreams> {
    return this.#refuse(id, 'run a command in');
  }

  attach(id: string): Promise<ProcessStreams> {
    return this.#refuse(id, 'attach to');
  }

  async #refuse(id: string, what: string): Promise<never> {
    const { name } = this.require(id) as RuntimeContainer;
    throw new RuntimeError(
      'refused',
      `container "${name}" is hollow: it only pretends to run, there is nothing to ${what}`,
    );
  }
}
