import {
  ApiError,
  type NonResourceRule,
  type ResourceRule,
  type SelfSubjectRulesReview,
  selfSubjectRulesReviews,
} from '@kubelab/api';
import type { Authorizer, UserRules } from '../../../authz/authorizer.js';
import { describeAll } from '../../../authz/rbac/rbac-authorizer.js';
import type { VirtualResource } from '../virtual-resource.js';
import { reviewResource } from './review.js';

/** Enumerates what the asker may do in a namespace (`kubectl auth can-i --list`). */
export function selfSubjectRulesReview(authorizer: Authorizer): VirtualResource {
  return reviewResource<SelfSubjectRulesReview>({
    resource: selfSubjectRulesReviews,
    async answer(review, _key, { user }) {
      const namespace = review.spec?.namespace ?? '';
      if (namespace === '') throw new ApiError('BadRequest', 'no namespace on request');
      return { ...review, status: statusOf(authorizer.rulesFor(user, namespace)) };
    },
  });
}

function statusOf({ rules, incomplete, errors }: UserRules) {
  const resourceRules: ResourceRule[] = [];
  const nonResourceRules: NonResourceRule[] = [];
  for (const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } of rules) {
    if (resources.length > 0) {
      const names = resourceNames.length > 0 ? { resourceNames } : {};
      resourceRules.push({ verbs, apiGroups, resources, ...names });
    }
    if (nonResourceURLs.length > 0) nonResourceRules.push({ verbs, nonResourceURLs });
  }
  const evaluationError = errors.length === 0 ? {} : { evaluationError: describeAll(errors) };
  return { resourceRules, nonResourceRules, incomplete, ...evaluationError };
}
