import { clusterRoleBindings } from '@kubelab/api';
import type { ApiserverOptions } from '../options.js';
import type { Storage } from '../storage/storage.js';
import type { Attributes, AuthorizationMode, Authorizer, Verdict } from './authorizer.js';
import { alwaysAllow, alwaysDeny, healthPaths, superusers } from './fixed-authorizers.js';
import { followStorage } from './node/follow-storage.js';
import { nodeAuthorizer } from './node/node-authorizer.js';
import { PolicyIndex } from './rbac/policy-index.js';
import { rbacAuthorizer } from './rbac/rbac-authorizer.js';
import { authorizerUnion } from './union.js';

/** All that decides who may do what. */
export interface Authorization {
  readonly authorizer: Authorizer;
  readonly policy: PolicyIndex;
  /** The default roles are there: from now on a refusal is one. */
  setBootstrapped(): void;
}

const AUTHORIZATION_MODES = ['Node', 'RBAC', 'AlwaysAllow', 'AlwaysDeny'];

/** Longer than the default roles take to be made. */
const BOOTSTRAP_WAIT_MS = 10_000;

/** @throws Error for a mode that is not known, or named twice */
export function createAuthorization(options: ApiserverOptions, storage: Storage): Authorization {
  const modes = options.authorizationMode;
  const policy = new PolicyIndex();
  policy.follow(storage);
  const make = (mode: string): AuthorizationMode => {
    switch (mode) {
      case 'Node':
        return nodeAuthorizer(followStorage(storage));
      case 'RBAC':
        return rbacAuthorizer(policy);
      case 'AlwaysAllow':
        return alwaysAllow;
      case 'AlwaysDeny':
        return alwaysDeny;
      default:
        throw new Error(`--authorization-mode: "${mode}" is not one of ${AUTHORIZATION_MODES.join(', ')}`);
    }
  };
  if (modes.length === 0) throw new Error('--authorization-mode: at least one mode is needed');
  if (new Set(modes).size < modes.length) throw new Error('--authorization-mode: a mode is named twice');
  const union = authorizerUnion([superusers, healthPaths, ...modes.map(make)]);
  let setBootstrapped = () => {};
  const bootstrapped = new Promise<void>((resolve) => {
    setBootstrapped = resolve;
  });
  return { authorizer: withFreshCaches(union, storage, bootstrapped), policy, setBootstrapped };
}

/**
 * Nobody is refused by what the caches have not heard of yet: a refusal counts
 * once they are as new as the store was when it was asked for. (A role given
 * through another apiserver holds here at once.) At the very first start they
 * wait for the default roles. Allowing costs no wait.
 */
function withFreshCaches(union: AuthorizationMode, storage: Storage, bootstrapped: Promise<void>): Authorizer {
  const bindings = storage.forResource(clusterRoleBindings);
  let waiting = true;
  void bootstrapped.then(() => {
    waiting = false;
  });

  async function afterCatchingUp(attributes: Attributes, refusal: Verdict): Promise<Verdict> {
    try {
      if (waiting) await within(BOOTSTRAP_WAIT_MS, bootstrapped);
      await bindings.get({ namespace: '', name: 'cluster-admin' });
    } catch {
      // Without the store nothing can have changed that is known of.
      return refusal;
    }
    return union.authorize(attributes);
  }

  return {
    authorize(attributes) {
      const verdict = union.authorize(attributes);
      return verdict.decision === 'noOpinion' ? afterCatchingUp(attributes, verdict) : verdict;
    },
    rulesFor: (user, namespace) => union.rulesFor(user, namespace),
  };
}

function within(limitMs: number, awaited: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, limitMs);
    void awaited.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
