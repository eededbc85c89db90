import type { PodInfo } from '../cluster/pod-info.js';
import type { ClusterEvent, EventRegistration } from '../cluster-event.js';
import type { Profile } from '../framework.js';

const NONE: readonly string[] = [];

/** Which plugins an event concerns, and what they say of it for a pod that they rejected. */
export class HintIndex {
  /** Event → plugins that registered for it in any profile. */
  readonly #interested = new Map<string, string[]>();
  /** Plugins that registered for nothing in particular. */
  readonly #always: string[] = [];
  /** Scheduler and plugin → what it registered for; undefined: everything. */
  readonly #registrations = new Map<string, readonly EventRegistration[] | undefined>();

  /** `others`: what rejects pods and is no plugin, such as extenders: any event may change its mind. */
  constructor(profiles: Iterable<Profile>, others: readonly string[] = []) {
    const always = new Set(others);
    const byEvent = new Map<string, Set<string>>();
    for (const { schedulerName, plugins } of profiles)
      for (const { name, events } of plugins) {
        this.#registrations.set(`${schedulerName}/${name}`, events);
        if (events === undefined) always.add(name);
        for (const { resource, actions } of events ?? [])
          for (const action of actions) {
            const key = resource + action;
            byEvent.set(key, (byEvent.get(key) ?? new Set()).add(name));
          }
      }
    this.#always.push(...always);
    for (const [key, names] of byEvent) this.#interested.set(key, [...names, ...always]);
  }

  interestedIn({ resource, action }: ClusterEvent): readonly string[] {
    const found = this.#interested.get(resource + action);
    return found ?? (this.#always.length > 0 ? this.#always : NONE);
  }

  /** Whether what the plugin said against the pod may have changed. */
  helps(pod: PodInfo, plugin: string, event: ClusterEvent): boolean {
    const key = `${pod.pod.spec?.schedulerName ?? ''}/${plugin}`;
    // A plugin that nobody knows is an extender, or a permission that ran out.
    const registrations = this.#registrations.get(key);
    if (registrations === undefined) return true;
    for (const { resource, actions, hint } of registrations)
      if (resource === event.resource && actions.includes(event.action) && (hint?.(pod, event) ?? 'queue') === 'queue')
        return true;
    return false;
  }
}
