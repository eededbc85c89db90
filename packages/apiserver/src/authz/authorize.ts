import type { Attributes, Authorizer } from './authorizer.js';
import { forbidden } from './forbidden.js';

/** @throws ApiError Forbidden */
export async function authorize(authorizer: Authorizer, attributes: Attributes): Promise<void> {
  const allowed = authorizer.isAllowed(attributes);
  if (allowed === true || (await allowed)) return;
  throw forbidden(attributes);
}
