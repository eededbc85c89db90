import type { RbacSubject } from '@kubelab/api';
import { serviceAccountUsername } from '../../authn/service-account/names.js';
import type { User } from '../../authn/user.js';

/** What a binding gives to one of its subjects. */
export interface Grant {
  /** `NAMESPACE/NAME` of a Role, `/NAME` of a ClusterRole. */
  readonly role: string;
  /** Why somebody was allowed: names binding, role and subject. */
  readonly reason: string;
}

/** The grants of bindings by those whom they are given to. */
export class SubjectIndex {
  readonly #byUser = new Map<string, Set<Grant>>();
  readonly #byGroup = new Map<string, Set<Grant>>();

  get isEmpty(): boolean {
    return this.#byUser.size === 0 && this.#byGroup.size === 0;
  }

  add(subject: RbacSubject, bindingNamespace: string, grant: Grant): void {
    const [map, key] = this.#placeOf(subject, bindingNamespace);
    const grants = map.get(key);
    if (grants === undefined) map.set(key, new Set([grant]));
    else grants.add(grant);
  }

  remove(subject: RbacSubject, bindingNamespace: string, grant: Grant): void {
    const [map, key] = this.#placeOf(subject, bindingNamespace);
    const grants = map.get(key);
    grants?.delete(grant);
    if (grants?.size === 0) map.delete(key);
  }

  /** Calls `visit` with each grant until it answers true; says whether it did. */
  some({ name, groups }: User, visit: (grant: Grant) => boolean): boolean {
    if (someOf(this.#byUser.get(name), visit)) return true;
    for (const group of groups) if (someOf(this.#byGroup.get(group), visit)) return true;
    return false;
  }

  #placeOf({ kind, name, namespace }: RbacSubject, bindingNamespace: string): [Map<string, Set<Grant>>, string] {
    if (kind === 'Group') return [this.#byGroup, name];
    if (kind !== 'ServiceAccount') return [this.#byUser, name];
    return [this.#byUser, serviceAccountUsername(namespace || bindingNamespace, name)];
  }
}

function someOf(grants: ReadonlySet<Grant> | undefined, visit: (grant: Grant) => boolean): boolean {
  if (grants === undefined) return false;
  for (const grant of grants) if (visit(grant)) return true;
  return false;
}
