import type { PolicyRule } from '@kubelab/api';
import {
  type Attributes,
  type AuthorizationMode,
  NO_OPINION,
  noOpinion,
  type UserRules,
  type Verdict,
} from '../authorizer.js';
import { describeMissingRole, type PolicyIndex } from './policy-index.js';

/** --authorization-mode=RBAC */
export function rbacAuthorizer(index: PolicyIndex): AuthorizationMode {
  return {
    authorize(attributes: Attributes): Verdict {
      let reason = '';
      const missing = new Set<string>();
      const allowed = index.someGrant(attributes.user, attributes.namespace, (grant) => {
        const rules = index.ruleSet(grant.role);
        if (rules === undefined) {
          missing.add(grant.role);
          return false;
        }
        if (!rules.allows(attributes)) return false;
        reason = grant.reason;
        return true;
      });
      if (allowed) return { decision: 'allow', reason };
      return missing.size === 0 ? NO_OPINION : noOpinion(`RBAC: ${describeAll([...missing].map(describeMissingRole))}`);
    },

    rulesFor(user, namespace): UserRules {
      const rules: PolicyRule[] = [];
      const errors: string[] = [];
      const seen = new Set<string>();
      index.someGrant(user, namespace, ({ role }) => {
        const found = index.ruleSet(role);
        if (!seen.has(role)) {
          if (found === undefined) errors.push(describeMissingRole(role));
          else rules.push(...found.rules);
        }
        seen.add(role);
        return false;
      });
      return { rules, incomplete: false, errors };
    },
  };
}

/** As Go prints several errors at once. */
export function describeAll(errors: readonly string[]): string {
  return errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`;
}
