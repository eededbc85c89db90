import type { DeepReadonly, Secret } from '@kubelab/api';
import type { Clock } from '@kubelab/runtime';
import { type ContainerRuntime, RuntimeError, type RuntimeImage } from '../container-runtime/runtime.js';
import { createLimiter } from '../limiter.js';
import type { ObjectLookups } from '../object-lookups.js';
import type { ReadonlyContainer, ReadonlyPod } from '../pod.js';
import { containerFieldPath, type PodEvents } from '../pod-events.js';
import { ImageError } from './image-error.js';
import { type ImageReference, parseImageReference } from './image-reference.js';
import { createPullBackoff } from './pull-backoff.js';
import { createProgressEvents } from './pull-progress.js';
import { credentialsFor } from './pull-secrets.js';

export interface ImageManagerOptions {
  readonly runtime: ContainerRuntime;
  readonly lookups: ObjectLookups;
  readonly events: PodEvents;
  readonly clock: Clock;
  /** Images pulled at a time. Default 3. */
  readonly pullConcurrency?: number;
}

export interface ImageManager {
  /**
   * The container's image, pulled if its policy asks for it.
   * Rejects with {@link ImageError}, or with RuntimeError when the engine cannot be asked.
   */
  ensure(pod: ReadonlyPod, container: ReadonlyContainer, signal: AbortSignal): Promise<RuntimeImage>;
  /** What the pod has waited for is forgotten. */
  forget(podUid: string): void;
}

/** An image that was built on this machine: no registry has a newer one. */
const BUILT_LABEL = 'kubelab.built';
/** So long a registry that did not answer is not asked again about an image that is here. */
const UNREACHABLE_FOR_MS = 60_000;
/** So long a container is said to have failed to pull, before it is said to wait for the next try. */
const TELL_BACKOFF_AFTER_MS = 3_000;

export function createImageManager(options: ImageManagerOptions): ImageManager {
  const { runtime, lookups, events, clock, pullConcurrency = 3 } = options;
  const pulls = createLimiter(pullConcurrency);
  const backoff = createPullBackoff(clock);
  const unreachableUntilMs = new Map<string, number>();

  return {
    async ensure(pod, container, signal) {
      const { image = '', imagePullPolicy } = container;
      const about = { fieldPath: containerFieldPath(pod, container.name) };
      const reference = parseImageReference(image);
      if (reference === undefined) throw invalidName(pod, image, about);
      const policy = imagePullPolicy ?? (reference.tag === 'latest' ? 'Always' : 'IfNotPresent');
      const present = await runtime.image(reference.name, signal);
      if (present && !wantsPull(policy, present, reference)) {
        events.normal(pod, 'Pulled', `Container image "${image}" already present on machine`, about);
        return present;
      }
      if (policy === 'Never') {
        const message = `Container image "${image}" is not present with pull policy of Never`;
        events.warning(pod, 'ErrImageNeverPull', message, about);
        throw new ImageError('ErrImageNeverPull', message, undefined);
      }
      return pullWithBackoff(pod, image, reference, present, about, signal);
    },
    forget: backoff.forget,
  };

  function wantsPull(policy: string, present: RuntimeImage, reference: ImageReference): boolean {
    if (policy !== 'Always' || present.labels[BUILT_LABEL] === 'true') return false;
    return (unreachableUntilMs.get(reference.registry) ?? 0) <= clock.now();
  }

  function invalidName(pod: ReadonlyPod, image: string, about: About): ImageError {
    const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`;
    events.warning(pod, 'InspectFailed', message, about);
    return new ImageError('InvalidImageName', message, undefined);
  }

  async function pullWithBackoff(
    pod: ReadonlyPod,
    image: string,
    reference: ImageReference,
    present: RuntimeImage | undefined,
    about: About,
    signal: AbortSignal,
  ): Promise<RuntimeImage> {
    const waiting = backoff.waiting(pod.metadata.uid, image);
    if (waiting) {
      const message = `Back-off pulling image "${image}"`;
      events.normal(pod, 'BackOff', message, about);
      events.warning(pod, 'Failed', 'Error: ImagePullBackOff', about);
      throw new ImageError('ImagePullBackOff', `${message}: ErrImagePull: ${waiting.error}`, waiting.untilMs);
    }
    try {
      const pulled = await pullAndTell(pod, image, reference, about, signal);
      backoff.succeeded(pod.metadata.uid, image);
      return pulled;
    } catch (error) {
      if (signal.aborted || !(error instanceof RuntimeError)) throw error;
      if (error.kind === 'unreachable' && present) return usePresent(pod, image, reference, present, error, about);
      const message = error.message;
      events.warning(pod, 'Failed', `Failed to pull image "${image}": ${message}`, about);
      events.warning(pod, 'Failed', 'Error: ErrImagePull', about);
      const untilMs = backoff.failed(pod.metadata.uid, image, message);
      const retryAtMs = Math.min(untilMs, clock.now() + TELL_BACKOFF_AFTER_MS);
      throw new ImageError('ErrImagePull', message, retryAtMs, { cause: error });
    }
  }

  function usePresent(
    pod: ReadonlyPod,
    image: string,
    { registry }: ImageReference,
    present: RuntimeImage,
    error: RuntimeError,
    about: About,
  ): RuntimeImage {
    unreachableUntilMs.set(registry, clock.now() + UNREACHABLE_FOR_MS);
    const message = `Registry of image "${image}" cannot be reached, using the image that is present: ${error.message}`;
    events.warning(pod, 'RegistryUnreachable', message, about);
    return present;
  }

  async function pullAndTell(
    pod: ReadonlyPod,
    image: string,
    reference: ImageReference,
    about: About,
    signal: AbortSignal,
  ): Promise<RuntimeImage> {
    const askedAtMs = clock.now();
    events.normal(pod, 'Pulling', `Pulling image "${image}"`, about);
    const startedAtMs = await pulls.run(0, signal, async () => {
      const now = clock.now();
      await pullWithCredentials(pod, image, reference, about, signal);
      return now;
    });
    const pulled = await runtime.image(reference.name, signal);
    if (pulled === undefined) throw new RuntimeError('refused', `image "${image}" was pulled and is not there`);
    const took = formatSeconds(clock.now() - startedAtMs);
    const withWaiting = formatSeconds(clock.now() - askedAtMs);
    events.normal(
      pod,
      'Pulled',
      `Successfully pulled image "${image}" in ${took} (${withWaiting} including waiting). Image size: ${pulled.sizeBytes} bytes.`,
      about,
    );
    return pulled;
  }

  /** Each credential in turn; the last error is the one that is told. */
  async function pullWithCredentials(
    pod: ReadonlyPod,
    image: string,
    reference: ImageReference,
    about: About,
    signal: AbortSignal,
  ): Promise<void> {
    const credentials = credentialsFor(reference, await pullSecrets(pod, about, signal));
    const progress = createProgressEvents(clock, (text) =>
      events.normal(pod, 'Pulling', `Pulling image "${image}": ${text}`, about),
    );
    let failure: unknown;
    for (const credential of credentials.length === 0 ? [undefined] : credentials) {
      try {
        return await runtime.pull(reference.name, credential, progress, signal);
      } catch (error) {
        failure = error;
        if (signal.aborted || (error instanceof RuntimeError && error.kind === 'unreachable')) break;
      }
    }
    throw failure;
  }

  async function pullSecrets(
    pod: ReadonlyPod,
    about: About,
    signal: AbortSignal,
  ): Promise<readonly DeepReadonly<Secret>[]> {
    const names = (pod.spec?.imagePullSecrets ?? []).map(({ name }) => name ?? '').filter((name) => name !== '');
    const secrets = await Promise.all(
      names.map((name) => lookups.secret(pod.metadata.namespace ?? '', name, signal).catch(() => undefined)),
    );
    const missing = names.filter((_, index) => secrets[index] === undefined);
    if (missing.length > 0) {
      const message = `Unable to retrieve some image pull secrets (${missing.join(', ')}); attempting to pull the image may not succeed.`;
      events.warning(pod, 'FailedToRetrieveImagePullSecret', message, about);
    }
    return secrets.filter((secret) => secret !== undefined);
  }
}

interface About {
  readonly fieldPath: string;
}

/** As Go prints a duration of this size: `1.234s`, `345ms`. */
function formatSeconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds}ms` : `${milliseconds / 1000}s`;
}
