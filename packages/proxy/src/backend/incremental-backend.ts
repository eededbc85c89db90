import type { ServiceRules } from '../rule-model.js';
import type { Backend, SyncOutcome } from './backend.js';
import { elementName, References } from './references.js';
import { emptyTableState, type ServiceObjects, type TableState, union } from './table-state.js';
import { applyTo, compare, type Transaction } from './transaction.js';

/** What differs between the kernel's rule languages. */
export interface RuleLanguage {
  readonly name: string;
  /** An element's key says all of it: its data need not be compared. */
  readonly keyedByContent?: boolean;
  /** The maps, sets and shared chains that hold elements. */
  readonly containers: readonly string[];
  objectsOf(service: ServiceRules): ServiceObjects;
  /** What is in the kernel; undefined when there is nothing of this layout. */
  read(signal: AbortSignal): Promise<TableState | undefined>;
  /** Makes the layout first where `fresh` is set, replacing what is there. All or nothing. */
  commit(transaction: Transaction, fresh: boolean, signal: AbortSignal): Promise<void>;
  remove(signal: AbortSignal): Promise<void>;
}

/** Keeps in mind what the kernel has, and changes only what differs. */
export function createIncrementalBackend(language: RuleLanguage): Backend {
  return new IncrementalBackend(language);
}

class IncrementalBackend implements Backend {
  readonly #language: RuleLanguage;
  /** Undefined: nothing of this layout is there yet. */
  #kernel: TableState | undefined;
  #objects = new Map<string, ServiceObjects>();
  #references = new References([]);

  constructor(language: RuleLanguage) {
    this.#language = language;
  }

  get #keyedByContent(): boolean {
    return this.#language.keyedByContent ?? false;
  }

  get name(): string {
    return this.#language.name;
  }

  async adopt(signal: AbortSignal): Promise<void> {
    this.#setObjects(new Map());
    this.#kernel = await this.#language.read(signal);
  }

  async sync(
    services: ReadonlyMap<string, ServiceRules>,
    changed: ReadonlySet<string> | 'all',
    signal: AbortSignal,
  ): Promise<SyncOutcome> {
    const fresh = this.#kernel === undefined;
    const kernel = this.#kernel ?? emptyTableState(this.#language.containers);
    const some = fresh || changed === 'all' ? undefined : changed;
    const next = some ? this.#objectsAfter(services, some) : this.#objectsOfAll(services);
    const transaction = some
      ? this.#compareSome(kernel, next, some)
      : compare(kernel, union(next.values()), this.#keyedByContent);
    if (fresh || transaction.changes > 0) await this.#language.commit(transaction, fresh, signal);
    applyTo(kernel, transaction);
    this.#kernel = kernel;
    this.#setObjects(next, some);
    return { changes: transaction.changes };
  }

  async remove(signal: AbortSignal): Promise<void> {
    await this.#language.remove(signal);
    this.#kernel = undefined;
    this.#setObjects(new Map());
  }

  #objectsOfAll(services: ReadonlyMap<string, ServiceRules>): Map<string, ServiceObjects> {
    return new Map([...services].map(([key, service]) => [key, this.#language.objectsOf(service)]));
  }

  #objectsAfter(
    services: ReadonlyMap<string, ServiceRules>,
    changed: ReadonlySet<string>,
  ): Map<string, ServiceObjects> {
    const next = new Map(this.#objects);
    for (const key of changed) {
      const service = services.get(key);
      if (service) next.set(key, this.#language.objectsOf(service));
      else next.delete(key);
    }
    return next;
  }

  #setObjects(next: Map<string, ServiceObjects>, changed?: ReadonlySet<string>): void {
    if (changed) {
      for (const key of changed) {
        this.#references.add(this.#objects.get(key), -1);
        this.#references.add(next.get(key), 1);
      }
    } else {
      this.#references = new References(next.values());
    }
    this.#objects = next;
  }

  /** Changes for the named services alone; what they share with others stays while another needs it. */
  #compareSome(
    kernel: TableState,
    next: ReadonlyMap<string, ServiceObjects>,
    changed: ReadonlySet<string>,
  ): Transaction {
    const before = [...changed].map((key) => this.#objects.get(key));
    const elsewhere = this.#references.without(before);
    const old = union(before);
    const wanted = union([...changed].map((key) => next.get(key)));
    const concerned = (names: Set<string>, want: ReadonlyMap<string, unknown>, had: ReadonlyMap<string, unknown>) =>
      new Set(
        [...want.keys(), ...had.keys()].filter((name) => names.has(name) && (want.has(name) || !elsewhere(name))),
      );
    const elements = new Map<string, Map<string, string>>();
    for (const [container, present] of kernel.elements) {
      const keys = [...(old.elements.get(container)?.keys() ?? []), ...(wanted.elements.get(container)?.keys() ?? [])];
      const pairs = new Map<string, string>();
      for (const key of keys) {
        const data = present.get(key);
        const shared = !wanted.elements.get(container)?.has(key) && elsewhere(elementName(container, key));
        if (data !== undefined && !shared) pairs.set(key, data);
      }
      elements.set(container, pairs);
    }
    const present: TableState = {
      elements,
      chains: concerned(kernel.chains, wanted.chains, old.chains),
      sets: concerned(kernel.sets, wanted.sets, old.sets),
    };
    return compare(present, wanted, this.#keyedByContent);
  }
}
