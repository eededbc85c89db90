import type { PolicyRule, QualifiedResource } from '@kubelab/api';
import type { User } from '../authn/user.js';

/** What a request is about, as far as deciding on it goes. */
export interface Attributes {
  readonly user: User;
  /** Kubernetes' verb (`get`, `list`, …), or the HTTP method in lower case for what is no resource. */
  readonly verb: string;
  /** Undefined for a path that is no resource: `/version`. */
  readonly resource: QualifiedResource | undefined;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
  /** Of a list or watch: a node may see the pods that it selects as its own. */
  readonly fieldSelector?: string;
}

/**
 * `deny` ends the matter; `noOpinion` leaves it to the next authorizer, and is a
 * refusal where there is none. The reason is for people, "" where there is none.
 */
export interface Verdict {
  readonly decision: 'allow' | 'deny' | 'noOpinion';
  readonly reason: string;
}

/** What a user may do, as far as that can be enumerated. */
export interface UserRules {
  readonly rules: readonly PolicyRule[];
  /** Not everything could be enumerated; why, is said in `errors`. */
  readonly incomplete: boolean;
  readonly errors: readonly string[];
}

/** Decides from memory, at once. */
export interface AuthorizationMode {
  authorize(attributes: Attributes): Verdict;
  rulesFor(user: User, namespace: string): UserRules;
}

/** What asks for a decision: waits, where a refusal may come from caches that are behind. */
export interface Authorizer {
  authorize(attributes: Attributes): Verdict | Promise<Verdict>;
  rulesFor(user: User, namespace: string): UserRules;
}

export const NO_OPINION: Verdict = { decision: 'noOpinion', reason: '' };
export const ALLOWED: Verdict = { decision: 'allow', reason: '' };

export function noOpinion(reason: string): Verdict {
  return { decision: 'noOpinion', reason };
}

export const NO_RULES: UserRules = { rules: [], incomplete: false, errors: [] };
