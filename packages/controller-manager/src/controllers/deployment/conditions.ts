import type { DeepReadonly, DeploymentCondition } from '@kubelab/api';
import { timestamp } from '../../timestamp.js';

/** A Deployment's conditions as they change; one that stays keeps its times. */
export class Conditions {
  #list: DeploymentCondition[];
  readonly #now: string;

  constructor(present: readonly DeepReadonly<DeploymentCondition>[], nowMs: number) {
    this.#list = present.map((condition) => ({ ...condition }));
    this.#now = timestamp(nowMs);
  }

  get(type: string): DeploymentCondition | undefined {
    return this.#list.find((condition) => condition.type === type);
  }

  /** Does nothing where status and reason are the same: a message alone is no news. */
  set(type: string, status: string, reason: string, message: string): void {
    const present = this.get(type);
    if (present?.status !== status || present.reason !== reason) this.renew(type, status, reason, message);
  }

  /** Sets it with a new update time even where it says the same. */
  renew(type: string, status: string, reason: string, message: string): void {
    const present = this.get(type);
    const lastTransitionTime = present?.status === status ? (present.lastTransitionTime ?? this.#now) : this.#now;
    const next = { type, status, lastUpdateTime: this.#now, lastTransitionTime, reason, message };
    this.#list = [...this.#list.filter((condition) => condition !== present), next];
  }

  remove(type: string): void {
    this.#list = this.#list.filter((condition) => condition.type !== type);
  }

  list(): DeploymentCondition[] {
    return this.#list;
  }
}
