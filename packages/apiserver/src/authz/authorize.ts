import type { Attributes, Authorizer } from './authorizer.js';
import { forbidden } from './forbidden.js';

/** @throws ApiError Forbidden */
export async function authorize(authorizer: Authorizer, attributes: Attributes): Promise<void> {
  const answer = authorizer.authorize(attributes);
  const { decision, reason } = answer instanceof Promise ? await answer : answer;
  if (decision !== 'allow') throw forbidden(attributes, reason);
}
