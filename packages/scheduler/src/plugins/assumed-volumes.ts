/**
 * What pods that are being bound have set aside: volumes for claims, and nodes
 * for claims whose volume is yet to be made. Another pod decided meanwhile must
 * not have them.
 */
export class AssumedVolumes {
  /** Volume → the claim that it is for. */
  readonly #claimOf = new Map<string, string>();
  /** Claim → the node that its volume will be made for. */
  readonly #nodeOf = new Map<string, string>();

  claimOf(volume: string): string | undefined {
    return this.#claimOf.get(volume);
  }

  nodeOf(claim: string): string | undefined {
    return this.#nodeOf.get(claim);
  }

  assume({ bindings, provisions }: Assumption): void {
    for (const { volume, claim } of bindings) this.#claimOf.set(volume, claim);
    for (const { claim, node } of provisions) this.#nodeOf.set(claim, node);
  }

  forget({ bindings, provisions }: Assumption): void {
    for (const { volume, claim } of bindings) if (this.#claimOf.get(volume) === claim) this.#claimOf.delete(volume);
    for (const { claim, node } of provisions) if (this.#nodeOf.get(claim) === node) this.#nodeOf.delete(claim);
  }
}

/** Keys of claims are `namespace/name`. */
export interface Assumption {
  readonly bindings: readonly { readonly volume: string; readonly claim: string }[];
  readonly provisions: readonly { readonly claim: string; readonly node: string }[];
}
