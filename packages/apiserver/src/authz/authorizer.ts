import type { QualifiedResource } from '@kubelab/api';
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
}

/** Decides whether a request may be made. Throws nothing for a refusal: it answers false. */
export interface Authorizer {
  isAllowed(attributes: Attributes): boolean | Promise<boolean>;
}
