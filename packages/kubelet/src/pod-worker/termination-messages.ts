import type { ContainerRuntime, RuntimeContainer } from '../container-runtime/runtime.js';
import type { ReadonlyPod } from '../pod.js';
import type { VolumeManager } from '../volume-manager.js';
import { allContainers, type PodState } from './pod-state.js';

/** What FallbackToLogsOnError takes of a log: so many lines, and of them the last bytes. */
const FALLBACK_LINES = 80;
const FALLBACK_BYTES = 2048;

const NONE: ReadonlyMap<string, string> = new Map();

/** What a pod's ended containers have to say, by container id. Each is read once. */
export class TerminationMessages {
  #messages: Map<string, string> | undefined;

  constructor(
    private readonly runtime: ContainerRuntime,
    private readonly volumes: VolumeManager,
  ) {}

  get all(): ReadonlyMap<string, string> {
    return this.#messages ?? NONE;
  }

  async collect(pod: ReadonlyPod, state: PodState, signal: AbortSignal): Promise<void> {
    const ended = allContainers(state).filter((one) => one.state === 'exited' && !this.#messages?.has(one.id));
    if (ended.length === 0) return;
    this.#messages ??= new Map();
    const messages = this.#messages;
    await Promise.all(
      ended.map(async (container) => {
        const message = await this.#read(pod, container, signal);
        messages.set(container.id, message);
      }),
    );
  }

  async #read(pod: ReadonlyPod, container: RuntimeContainer, signal: AbortSignal): Promise<string> {
    const { containers = [], initContainers = [] } = pod.spec ?? {};
    const spec = [...containers, ...initContainers].find(({ name }) => name === container.name);
    const { uid } = container.pod;
    const written = await this.volumes.readTerminationLog(uid, container.name, container.restartCount);
    const fallsBack = spec?.terminationMessagePolicy === 'FallbackToLogsOnError' && container.exitCode !== 0;
    if (written !== '' || !fallsBack || container.startedAtMs === 0) return written;
    return this.#endOfLog(container, signal);
  }

  async #endOfLog(container: RuntimeContainer, signal: AbortSignal): Promise<string> {
    const options = { follow: false, timestamps: false, sinceMs: undefined, stdout: true, stderr: true };
    let end = Buffer.alloc(0);
    for await (const { data } of await this.runtime.logs(
      container.id,
      { ...options, tailLines: FALLBACK_LINES },
      signal,
    )) {
      end = Buffer.concat([end, data]).subarray(-FALLBACK_BYTES);
    }
    return end.toString('utf8');
  }
}
