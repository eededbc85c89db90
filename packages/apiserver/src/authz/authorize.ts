import type { AuditRecord } from '../audit/auditor.js';
import type { Attributes, Authorizer } from './authorizer.js';
import { forbidden } from './forbidden.js';

/** Tells the audit, where there is one, what is asked for and what was decided. @throws ApiError Forbidden */
export async function authorize(authorizer: Authorizer, attributes: Attributes, audit?: AuditRecord): Promise<void> {
  audit?.identify(attributes);
  const answer = authorizer.authorize(attributes);
  const verdict = answer instanceof Promise ? await answer : answer;
  audit?.decided(verdict);
  const { decision, reason } = verdict;
  if (decision !== 'allow') throw forbidden(attributes, reason);
}
