import { podUidOf } from '../container-runtime/hollow-container.js';
import { formatIpv4, parseIpv4, parseIpv4Range } from '../network/ipv4.js';
import type { ReadonlyPod } from '../pod.js';
import type { PodNetwork, SandboxNetwork } from '../pod-network.js';

/** Pods of a hollow node have addresses of its podCIDR, and nothing behind them. */
export class HollowNetwork implements PodNetwork {
  /** Whose each address is, by its place in the range; the first is the network's, the second a gateway's. */
  readonly #holders: (string | undefined)[] = [];
  #next = 0;

  /** `podCidr` may be unknown at first. */
  constructor(private readonly podCidr: () => string | undefined) {}

  /** An address that an earlier process has given to the pod. */
  adopt(pod: ReadonlyPod): void {
    const range = this.#range();
    const address = parseIpv4(pod.status?.podIP ?? '');
    if (!range || address === undefined || pod.spec?.hostNetwork) return;
    const place = address - range.base;
    if (place > 1 && place < range.size && this.#holders[place] === undefined) this.#holders[place] = pod.metadata.uid;
  }

  async setUp(pod: ReadonlyPod): Promise<{ readonly ips: readonly string[] }> {
    const range = this.#range();
    if (!range) throw new Error('the node has no podCIDR');
    const place = this.#placeOf(pod.metadata.uid, range.size);
    if (place === undefined) throw new Error(`no address of ${this.podCidr()} is free`);
    this.#holders[place] = pod.metadata.uid;
    return { ips: [formatIpv4(range.base + place)] };
  }

  async tearDown({ containerId }: SandboxNetwork): Promise<void> {
    const place = this.#holders.indexOf(podUidOf(containerId));
    if (place >= 0) this.#holders[place] = undefined;
  }

  async attached(): Promise<ReadonlyMap<string, readonly string[]>> {
    return new Map();
  }

  notReadyReason(): string | undefined {
    return this.#range() ? undefined : 'the node has no podCIDR yet';
  }

  async run(): Promise<void> {}

  hostname({ metadata }: ReadonlyPod): string {
    return metadata.name;
  }

  async hostsFile(): Promise<string> {
    return '';
  }

  async resolvConf(): Promise<string> {
    return '';
  }

  #range(): { readonly base: number; readonly size: number } | undefined {
    const range = parseIpv4Range(this.podCidr() ?? '');
    // The last one is for broadcasts.
    return range && { base: range.base, size: 2 ** (32 - range.prefixLength) - 1 };
  }

  /** The pod's own, or the next free one. */
  #placeOf(uid: string, size: number): number | undefined {
    const own = this.#holders.indexOf(uid);
    if (own >= 0) return own;
    for (let step = 0; step < size - 2; step += 1) {
      const place = 2 + ((this.#next + step) % (size - 2));
      if (this.#holders[place] !== undefined) continue;
      this.#next = place - 1;
      return place;
    }
    return undefined;
  }
}
