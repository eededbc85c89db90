import {
  ApiError,
  addLists,
  conflict,
  isApiError,
  OBJECT_MODIFIED,
  type ObjectKey,
  type Persisted,
  type ResourceQuota,
  resourceQuotas,
  sameLists,
  subtractLists,
} from '@kubelab/api';
import { type ResourceStorage, StorageConflict, type StoredObject } from '../../storage/storage.js';
import { compareVersions } from '../../storage/versions.js';
import type { AdmissionRequest } from '../admission.js';
import { assess, type Usage } from './assess.js';

type StoredQuota = StoredObject<ResourceQuota>;

export interface QuotaLedgerOptions {
  readonly storage: ResourceStorage<ResourceQuota>;
  /** The quotas of a namespace, as the cache has them. */
  readonly inNamespace: (namespace: string) => readonly Persisted<ResourceQuota>[];
  readonly nowMs: () => number;
}

/** One request that waits to be charged, or a charge that is given back. */
interface Entry {
  /** Undefined: `charged` is to be given back. */
  readonly request: AdmissionRequest | undefined;
  /** By the quota's name: what is written down already. */
  readonly charged: Map<string, Usage>;
  settle(error?: unknown): void;
}

/** How often other writers of the quotas may come first. */
const MAX_ROUNDS = 64;
const MAX_BATCH = 500;

/**
 * Writes down in the status of quotas what is used, before it is used, compared
 * with what was there: however many servers do so at once, no quota is ever
 * exceeded. Those who come together share a write.
 */
export class QuotaLedger {
  readonly #options: QuotaLedgerOptions;
  readonly #waiting = new Map<string, Entry[]>();
  /** Our own last writes, which the cache may not show yet. */
  readonly #written = new Map<string, StoredQuota>();

  constructor(options: QuotaLedgerOptions) {
    this.#options = options;
  }

  /**
   * Charges a request's object to the quotas that it concerns. Resolves with how to give it back.
   * @throws ApiError Forbidden where there is no room, and what the storage throws
   */
  async charge(request: AdmissionRequest): Promise<() => Promise<void>> {
    const { namespace } = request.key;
    const charged = new Map<string, Usage>();
    await this.#enqueue(namespace, request, charged);
    return () => this.#giveBack(namespace, charged);
  }

  /** A failure is not the requester's: what stays charged is found by the quota controller. */
  async #giveBack(namespace: string, charged: Map<string, Usage>): Promise<void> {
    if (charged.size > 0) await this.#enqueue(namespace, undefined, charged).catch(() => undefined);
  }

  #enqueue(namespace: string, request: AdmissionRequest | undefined, charged: Map<string, Usage>): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: unknown) => (error === undefined ? resolve() : reject(error as Error));
      const entry: Entry = { request, charged, settle };
      const waiting = this.#waiting.get(namespace);
      if (waiting !== undefined) {
        waiting.push(entry);
        return;
      }
      this.#waiting.set(namespace, [entry]);
      this.#work(namespace);
    });
  }

  /** One batch of a namespace at a time. Every entry is settled, so nobody waits for this itself. */
  #work(namespace: string): void {
    const batch = this.#waiting.get(namespace)?.splice(0, MAX_BATCH) ?? [];
    if (batch.length === 0) {
      this.#waiting.delete(namespace);
      return;
    }
    this.#settleBatch(namespace, batch)
      .catch((error: unknown) => {
        for (const entry of batch) entry.settle(error);
      })
      .finally(() => this.#work(namespace));
  }

  async #settleBatch(namespace: string, batch: readonly Entry[]): Promise<void> {
    let quotas = this.#present(namespace);
    let open = batch;
    let fresh = false;
    for (let round = 0; round < MAX_ROUNDS && open.length > 0; round += 1) {
      const { pages, refused } = this.#draft(open, quotas);
      if (refused.size > 0 && !fresh) {
        // The cache may not show yet that something was given back.
        quotas = await this.#newest(namespace, quotas);
        fresh = true;
        continue;
      }
      for (const [entry, error] of refused) this.#refuse(namespace, entry, error);
      const { failed, error } = await this.#write(pages, quotas);
      const remaining: Entry[] = [];
      for (const entry of open) {
        if (refused.has(entry)) continue;
        const isOpen = [...pages].some(([name, { additions }]) => failed.has(name) && additions.has(entry));
        if (!isOpen) entry.settle();
        else if (error !== undefined) this.#refuse(namespace, entry, error);
        else remaining.push(entry);
      }
      open = remaining;
    }
    const [name = ''] = quotas.keys();
    for (const entry of open) this.#refuse(namespace, entry, conflict(resourceQuotas, name, OBJECT_MODIFIED));
  }

  /** What each quota would become with the entries that still have to be written to it, in the order in which they came. */
  #draft(open: readonly Entry[], quotas: ReadonlyMap<string, StoredQuota>) {
    const pages = new Map<string, Page>();
    for (const [name, { object }] of quotas) pages.set(name, { used: object.status?.used ?? {}, additions: new Map() });
    const refused = new Map<Entry, unknown>();
    for (const entry of open) {
      const { request, charged } = entry;
      try {
        if (request === undefined) refund(entry, pages);
        else {
          const present = [...quotas]
            .filter(([name]) => !charged.has(name))
            .map(([name, { object }]) => {
              const used = pages.get(name)?.used ?? {};
              return { ...object, status: { ...object.status, used } };
            });
          const additions = assess(request, present, this.#options.nowMs());
          if (request.dryRun) continue;
          for (const [name, addition] of additions) note(pages, name, entry, addition);
        }
      } catch (error) {
        if (!isApiError(error)) throw error;
        refused.set(entry, error);
      }
    }
    return { pages, refused };
  }

  /** Writes every quota that changes. Resolves with those that could not be written; `error` when that is final. */
  async #write(pages: ReadonlyMap<string, Page>, quotas: Map<string, StoredQuota>) {
    const failed = new Set<string>();
    let error: unknown;
    for (const [name, { used, additions }] of pages) {
      const base = quotas.get(name);
      if (base === undefined || additions.size === 0) continue;
      if (!sameLists(used, base.object.status?.used ?? {})) {
        const next: ResourceQuota = { ...base.object, status: { ...base.object.status, used } };
        try {
          const stored = await this.#options.storage.update(base.key, next, base.version, {});
          quotas.set(name, stored);
          this.#written.set(textOf(base.key), stored);
        } catch (thrown) {
          failed.add(name);
          if (!(thrown instanceof StorageConflict)) error = thrown;
          else if (thrown.present === undefined) quotas.delete(name);
          else quotas.set(name, thrown.present as StoredQuota);
          continue;
        }
      }
      for (const [entry, addition] of additions) {
        if (entry.request === undefined) entry.charged.delete(name);
        else entry.charged.set(name, addition);
      }
    }
    return { failed, error };
  }

  /** Ends an entry, and gives back what another quota was charged for it. */
  #refuse(namespace: string, entry: Entry, error: unknown): void {
    if (entry.request !== undefined && entry.charged.size > 0) void this.#giveBack(namespace, new Map(entry.charged));
    entry.charged.clear();
    entry.settle(error);
  }

  #present(namespace: string): Map<string, StoredQuota> {
    const { storage, inNamespace } = this.#options;
    const quotas = new Map<string, StoredQuota>();
    for (const { metadata } of inNamespace(namespace)) {
      const key = { namespace, name: metadata.name };
      const cached = storage.getCached(key);
      const written = this.#written.get(textOf(key));
      const isAhead = cached && written && compareVersions(cached.version, written.version) < 0;
      if (!isAhead) this.#written.delete(textOf(key));
      const newest = isAhead ? written : cached;
      if (newest) quotas.set(metadata.name, newest);
    }
    return quotas;
  }

  async #newest(namespace: string, known: ReadonlyMap<string, StoredQuota>): Promise<Map<string, StoredQuota>> {
    const quotas = new Map<string, StoredQuota>();
    for (const name of known.keys()) {
      const stored = await this.#options.storage.get({ namespace, name });
      if (stored) quotas.set(name, stored);
    }
    return quotas;
  }
}

/** A quota while entries are noted in it. */
interface Page {
  used: Usage;
  readonly additions: Map<Entry, Usage>;
}

function note(pages: Map<string, Page>, name: string, entry: Entry, addition: Usage): void {
  const page = pages.get(name);
  if (page === undefined) throw new ApiError('InternalError', `no quota ${name}`);
  page.used = addLists(page.used, addition);
  page.additions.set(entry, addition);
}

function refund(entry: Entry, pages: Map<string, Page>): void {
  for (const [name, charge] of entry.charged) {
    const page = pages.get(name);
    // A quota that is gone is owed nothing.
    if (page === undefined) continue;
    page.used = subtractLists(page.used, charge);
    page.additions.set(entry, charge);
  }
}

function textOf({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}
