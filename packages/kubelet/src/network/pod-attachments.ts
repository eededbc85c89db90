import { readFile, stat } from 'node:fs/promises';
import type { ReadonlyPod } from '../pod.js';
import type { SandboxNetwork } from '../pod-network.js';
import type { Attachment, AttachmentStore } from './attachment-store.js';
import { addToNetwork, type CapabilityValues, type CniNetwork, deleteFromNetwork } from './cni-network.js';
import type { CniContainer, CniResult } from './cni-plugin.js';

const INTERFACE_NAME = 'eth0';
/** A roll-back is not cut short by what made the ADD fail. */
const ROLL_BACK_TIMEOUT_MS = 30_000;
const LOOPBACK: CniNetwork = { cniVersion: '1.0.0', name: 'loopback', plugins: [{ type: 'loopback' }] };

/** Attaches sandboxes to a network with CNI and detaches them. Calls for one sandbox run one after the other. */
export class PodAttachments {
  readonly #binDirectory: string;
  readonly #store: AttachmentStore;
  readonly #running = new Map<string, Promise<unknown>>();

  constructor(binDirectory: string, store: AttachmentStore) {
    this.#binDirectory = binDirectory;
    this.#store = store;
  }

  /** The sandbox's addresses. What is attached stays so; what was half done, or to a namespace that is gone, is redone. */
  async add(
    pod: ReadonlyPod,
    sandbox: SandboxNetwork,
    network: CniNetwork,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    return await this.#inTurn(sandbox.containerId, async () => {
      const namespaceInode = await inodeOf(sandbox.pid);
      if (namespaceInode === 0) throw new Error(`network namespace of sandbox ${sandbox.containerId} is gone`);
      const present = await this.#store.get(sandbox.containerId);
      if (present?.result && present.namespaceInode === namespaceInode) return addressesOf(present.result);
      if (present) await this.#delete(present, signal);
      const container = containerOf(pod, sandbox);
      return addressesOf(await this.#add({ container, network, values: valuesFor(pod), namespaceInode }, signal));
    });
  }

  async delete(containerId: string, signal: AbortSignal): Promise<void> {
    await this.#inTurn(containerId, async () => {
      const present = await this.#store.get(containerId);
      if (present) await this.#delete(present, signal);
    });
  }

  /** Addresses by container id; none for what was not completed. */
  async all(): Promise<ReadonlyMap<string, readonly string[]>> {
    const entries = [...(await this.#store.all())];
    return new Map(entries.map(([id, { result }]) => [id, result ? addressesOf(result) : []]));
  }

  async #add(attachment: Attachment, signal: AbortSignal): Promise<CniResult> {
    const { network, container, values } = attachment;
    await this.#store.put(attachment);
    try {
      const [result] = await settleBoth(
        addToNetwork(this.#binDirectory, network, container, values, signal),
        this.#bringUpLoopback(container, signal),
      );
      await this.#store.put({ ...attachment, result });
      return result;
    } catch (error) {
      try {
        await this.#delete(attachment, AbortSignal.timeout(ROLL_BACK_TIMEOUT_MS));
      } catch {
        // The attachment stays in the store: the next ADD or DEL of the sandbox clears it.
      }
      throw error;
    }
  }

  /** Engines bring it up themselves; where one has not, the plugin does. */
  async #bringUpLoopback(container: CniContainer, signal: AbortSignal): Promise<void> {
    const table = container.networkNamespace.replace(/ns\/net$/, 'net/fib_trie');
    const routes = await readFile(table, 'utf8').catch(() => '');
    if (routes.includes('127.0.0.1')) return;
    await addToNetwork(this.#binDirectory, LOOPBACK, { ...container, interfaceName: 'lo' }, {}, signal);
  }

  async #delete(attachment: Attachment, signal: AbortSignal): Promise<void> {
    const { network, values, namespaceInode, result } = attachment;
    const { networkNamespace } = attachment.container;
    const alive = (await inodeOfPath(networkNamespace)) === namespaceInode;
    const container = { ...attachment.container, networkNamespace: alive ? networkNamespace : '' };
    await deleteFromNetwork(this.#binDirectory, network, container, values, result, signal);
    await this.#store.remove(container.containerId);
  }

  async #inTurn<T>(containerId: string, work: () => Promise<T>): Promise<T> {
    const before = this.#running.get(containerId) ?? Promise.resolve();
    const run = before.then(work, work);
    this.#running.set(containerId, run);
    try {
      return await run;
    } finally {
      if (this.#running.get(containerId) === run) this.#running.delete(containerId);
    }
  }
}

/** Neither is left running when the other fails. */
async function settleBoth<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return await Promise.all([first, second]);
}

function containerOf(pod: ReadonlyPod, { containerId, pid }: SandboxNetwork): CniContainer {
  return {
    containerId,
    networkNamespace: `/proc/${pid}/ns/net`,
    interfaceName: INTERFACE_NAME,
    args: {
      IgnoreUnknown: '1',
      K8S_POD_NAMESPACE: pod.metadata.namespace ?? '',
      K8S_POD_NAME: pod.metadata.name,
      K8S_POD_UID: pod.metadata.uid,
      K8S_POD_INFRA_CONTAINER_ID: containerId,
    },
  };
}

/** Host ports, for portmap. */
function valuesFor(pod: ReadonlyPod): CapabilityValues {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const portMappings = containers
    .flatMap(({ ports }) => ports ?? [])
    .filter(({ hostPort }) => (hostPort ?? 0) > 0)
    .map(({ hostPort, containerPort, protocol, hostIP }) => ({
      hostPort,
      containerPort,
      protocol: (protocol ?? 'TCP').toLowerCase(),
      ...(hostIP ? { hostIP } : {}),
    }));
  return { portMappings };
}

function addressesOf({ ips = [] }: CniResult): readonly string[] {
  return ips.map(({ address }) => address.split('/')[0] ?? '');
}

async function inodeOf(pid: number): Promise<number> {
  return pid > 0 ? await inodeOfPath(`/proc/${pid}/ns/net`) : 0;
}

/** 0 when there is none. */
async function inodeOfPath(path: string): Promise<number> {
  try {
    return (await stat(path)).ino;
  } catch {
    return 0;
  }
}
