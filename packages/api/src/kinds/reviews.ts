import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  TokenReview,
} from '../generated/types.js';
import type { KubernetesObject } from '../object.js';
import { nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';

const AUTHENTICATION = 'authentication.k8s.io';
const AUTHORIZATION = 'authorization.k8s.io';

/** Questions: a review is created, answered in its status, and not kept. */
export const tokenReviews = review<TokenReview>(AUTHENTICATION, 'TokenReview', false);
export const selfSubjectReviews = review<SelfSubjectReview>(AUTHENTICATION, 'SelfSubjectReview', false);
export const subjectAccessReviews = review<SubjectAccessReview>(AUTHORIZATION, 'SubjectAccessReview', false);
export const selfSubjectAccessReviews = review<SelfSubjectAccessReview>(
  AUTHORIZATION,
  'SelfSubjectAccessReview',
  false,
);
export const localSubjectAccessReviews = review<LocalSubjectAccessReview>(
  AUTHORIZATION,
  'LocalSubjectAccessReview',
  true,
);
export const selfSubjectRulesReviews = review<SelfSubjectRulesReview>(AUTHORIZATION, 'SelfSubjectRulesReview', false);

function review<T extends KubernetesObject>(group: string, kind: string, namespaced: boolean): ResourceType<T> {
  const singular = kind.toLowerCase();
  return {
    group,
    version: 'v1',
    kind,
    plural: `${singular}s`,
    singular,
    shortNames: [],
    categories: [],
    namespaced,
    definition: kind,
    subresources: [],
    columns: [nameColumn<T>()],
    selectableFields: {},
    strategy: {},
    verbs: ['create'],
    stored: false,
  };
}
