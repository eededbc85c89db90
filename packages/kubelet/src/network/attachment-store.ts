import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@kubelab/runtime';
import type { CapabilityValues, CniNetwork } from './cni-network.js';
import type { CniContainer, CniResult } from './cni-plugin.js';

/** A sandbox's place in the network: all that DEL needs, whenever it comes. */
export interface Attachment {
  readonly container: CniContainer;
  /** The configuration that it was added with; the node's may have changed since. */
  readonly network: CniNetwork;
  readonly values: CapabilityValues;
  /** Of the network namespace: tells whether a process id still means the same one. */
  readonly namespaceInode: number;
  /** Absent while ADD runs, and after a kubelet that was killed in the middle of it. */
  readonly result?: CniResult;
}

/** Attachments in files, one a sandbox, written before ADD begins and removed after DEL. */
export class AttachmentStore {
  readonly #directory: string;
  #attachments: Promise<Map<string, Attachment>> | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async get(containerId: string): Promise<Attachment | undefined> {
    return (await this.all()).get(containerId);
  }

  /** By container id. Read once, then kept. */
  async all(): Promise<Map<string, Attachment>> {
    this.#attachments ??= this.#load();
    try {
      return await this.#attachments;
    } catch (error) {
      this.#attachments = undefined;
      throw error;
    }
  }

  async put(attachment: Attachment): Promise<void> {
    const { containerId } = attachment.container;
    const attachments = await this.all();
    await writeFileAtomically(this.#path(containerId), JSON.stringify(attachment), 0o600);
    attachments.set(containerId, attachment);
  }

  async remove(containerId: string): Promise<void> {
    const attachments = await this.all();
    await rm(this.#path(containerId), { force: true });
    attachments.delete(containerId);
  }

  #path(containerId: string): string {
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(containerId)) throw new Error(`not a container id: ${containerId}`);
    return join(this.#directory, `${containerId}.json`);
  }

  async #load(): Promise<Map<string, Attachment>> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const attachments = new Map<string, Attachment>();
    for (const name of await readdir(this.#directory)) {
      if (!name.endsWith('.json')) {
        await rm(join(this.#directory, name), { force: true });
        continue;
      }
      const text = await readFile(join(this.#directory, name), 'utf8');
      attachments.set(name.slice(0, -'.json'.length), JSON.parse(text) as Attachment);
    }
    return attachments;
  }
}
