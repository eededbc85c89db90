import { type SelfSubjectReview, selfSubjectReviews } from '@kubelab/api';
import type { VirtualResource } from '../virtual-resource.js';
import { reviewResource } from './review.js';
import { userInfoOf } from './token-review.js';

/** Tells the asker who he is (`kubectl auth whoami`, KEP-3325). */
export function selfSubjectReview(): VirtualResource {
  return reviewResource<SelfSubjectReview>({
    resource: selfSubjectReviews,
    answer: async (review, _key, { user }) => ({ ...review, status: { userInfo: userInfoOf(user) } }),
  });
}
