import type { Authentication } from '../../../authn/authentication.js';
import type { Authorizer } from '../../../authz/authorizer.js';
import type { VirtualResource } from '../virtual-resource.js';
import { accessReviews } from './access-reviews.js';
import { selfSubjectReview } from './self-subject-review.js';
import { selfSubjectRulesReview } from './self-subject-rules-review.js';
import { tokenReview } from './token-review.js';

/** Everything that can be asked about who somebody is and what he may do. */
export function reviews(
  { tokens, apiAudiences }: Pick<Authentication, 'tokens' | 'apiAudiences'>,
  authorizer: Authorizer,
): VirtualResource[] {
  return [
    tokenReview(tokens, apiAudiences),
    selfSubjectReview(),
    ...accessReviews(authorizer),
    selfSubjectRulesReview(authorizer),
  ];
}
