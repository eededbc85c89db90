import type { ServiceRules } from '../rule-model.js';

/**
 * Makes the kernel of this network namespace match a set of rules. Everything
 * it writes is under names of its own; what it did not make it never touches.
 */
export interface Backend {
  /** `nftables`, `iptables`. */
  readonly name: string;
  /**
   * Reads what an earlier run has left, so that the first `sync` changes only
   * what differs and traffic goes on meanwhile. Writes nothing.
   */
  adopt(signal: AbortSignal): Promise<void>;
  /**
   * One atomic transaction. `changed` names the services (`namespace/name`)
   * that may differ since the last successful call; `all` compares everything.
   * Rejects when the kernel refused; nothing has changed then, and the next
   * call must be with `all`.
   */
  sync(
    services: ReadonlyMap<string, ServiceRules>,
    changed: ReadonlySet<string> | 'all',
    signal: AbortSignal,
  ): Promise<SyncOutcome>;
  /** Removes all of it. */
  remove(signal: AbortSignal): Promise<void>;
}

export interface SyncOutcome {
  /** Kernel objects added, changed or removed. */
  readonly changes: number;
}

export interface BackendOptions {
  /** The pods' range, such as `10.244.0.0/16`: sources outside it are masqueraded on their way to a ClusterIP. */
  readonly clusterCidr: string;
  /** `10.96.0.0/12`. */
  readonly serviceCidr: string;
}
