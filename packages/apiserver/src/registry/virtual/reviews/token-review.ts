import { ApiError, type TokenReview, tokenReviews, type UserInfo } from '@kubelab/api';
import type { TokenUnion } from '../../../authn/token-authenticator.js';
import type { User } from '../../../authn/user.js';
import type { VirtualResource } from '../virtual-resource.js';
import { reviewResource } from './review.js';

/** Says whose a token is. One that is nobody's is an answer, and no failure. */
export function tokenReview(tokens: TokenUnion, apiAudiences: readonly string[]): VirtualResource {
  return reviewResource<TokenReview>({
    resource: tokenReviews,
    async answer(review) {
      const { token = '', audiences = [] } = review.spec ?? {};
      if (token === '') throw new ApiError('BadRequest', 'token is required for TokenReview in authentication');
      const asked = audiences.length === 0 ? apiAudiences : audiences;
      try {
        const found = await tokens.authenticate(token, asked);
        // Tokens without audiences are for the API.
        const common = (found.audiences ?? apiAudiences).filter((audience) => asked.includes(audience));
        if (common.length === 0) return { ...review, status: { user: {} } };
        return { ...review, status: { authenticated: true, user: userInfoOf(found.user), audiences: common } };
      } catch (error) {
        return { ...review, status: { user: {}, error: (error as Error).message } };
      }
    },
  });
}

export function userInfoOf({ name, uid, groups, extra }: User): UserInfo {
  return {
    username: name,
    ...(uid ? { uid } : {}),
    groups: [...groups],
    ...(extra && Object.keys(extra).length > 0
      ? { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) }
      : {}),
  };
}
