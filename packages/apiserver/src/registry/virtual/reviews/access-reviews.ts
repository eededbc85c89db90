import {
  ApiError,
  type FieldError,
  type LocalSubjectAccessReview,
  localSubjectAccessReviews,
  type NonResourceAttributes,
  type ObjectMeta,
  type ResourceAttributes,
  type SelfSubjectAccessReview,
  type SubjectAccessReview,
  type SubjectAccessReviewStatus,
  selfSubjectAccessReviews,
  subjectAccessReviews,
  invalidValue as wrong,
} from '@kubelab/api';
import type { User } from '../../../authn/user.js';
import type { Attributes, Authorizer } from '../../../authz/authorizer.js';
import type { VirtualResource } from '../virtual-resource.js';
import { reviewResource } from './review.js';

interface AccessSpec {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: NonResourceAttributes;
}

interface SubjectSpec extends AccessSpec {
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** May somebody do something? The three reviews that ask it: of anybody, in one namespace, of oneself. */
export function accessReviews(authorizer: Authorizer): VirtualResource[] {
  async function decide(user: User, spec: AccessSpec): Promise<SubjectAccessReviewStatus> {
    const { decision, reason } = await authorizer.authorize(attributesOf(user, spec));
    return {
      allowed: decision === 'allow',
      ...(decision === 'deny' ? { denied: true } : {}),
      ...(reason === '' ? {} : { reason }),
    };
  }

  return [
    reviewResource<SubjectAccessReview>({
      resource: subjectAccessReviews,
      validate: ({ metadata, spec = {} }) => [...subjectErrors(spec), ...metadataErrors(metadata, false)],
      answer: async (review) => ({ ...review, status: await decide(userOf(review.spec), review.spec) }),
    }),
    reviewResource<LocalSubjectAccessReview>({
      resource: localSubjectAccessReviews,
      validate: ({ metadata, spec = {} }) => [
        ...subjectErrors(spec),
        ...metadataErrors(metadata, true),
        ...localErrors(spec, metadata?.namespace ?? ''),
      ],
      async answer(review, { namespace }) {
        if ((review.metadata?.namespace ?? '') !== namespace) {
          throw new ApiError('BadRequest', `spec.resourceAttributes.namespace must match namespace: ${namespace}`);
        }
        return { ...review, status: await decide(userOf(review.spec), review.spec) };
      },
    }),
    reviewResource<SelfSubjectAccessReview>({
      resource: selfSubjectAccessReviews,
      validate: ({ metadata, spec = {} }) => [...attributeErrors(spec), ...metadataErrors(metadata, false)],
      answer: async (review, _key, { user }) => ({ ...review, status: await decide(user, review.spec) }),
    }),
  ];
}

function userOf({ user = '', groups = [], uid, extra = {} }: SubjectSpec): User {
  const lowered = Object.fromEntries(Object.entries(extra).map(([key, values]) => [key.toLowerCase(), values]));
  return { name: user, groups, extra: lowered, ...(uid ? { uid } : {}) };
}

function attributesOf(user: User, { resourceAttributes, nonResourceAttributes }: AccessSpec): Attributes {
  if (resourceAttributes === undefined) {
    const { path = '', verb = '' } = nonResourceAttributes ?? {};
    return { user, verb, resource: undefined, subresource: '', namespace: '', name: '', path };
  }
  const { group = '', resource = '', verb = '', subresource = '', namespace = '', name = '' } = resourceAttributes;
  const fieldSelector = fieldSelectorOf(resourceAttributes);
  return {
    user,
    verb,
    resource: { group, plural: resource },
    subresource,
    namespace,
    name,
    path: '',
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

/** A selector that is given as requirements, as far as they are equalities: others allow nothing. */
function fieldSelectorOf({ fieldSelector }: ResourceAttributes): string | undefined {
  if (fieldSelector === undefined) return undefined;
  if (fieldSelector.rawSelector) return fieldSelector.rawSelector;
  const equalities = (fieldSelector.requirements ?? []).flatMap(({ key, operator, values = [] }) =>
    operator === 'In' && values.length === 1 ? [`${key}=${values[0]}`] : [],
  );
  return equalities.join(',');
}

function subjectErrors(spec: SubjectSpec): FieldError[] {
  const { user = '', groups = [] } = spec;
  if (user !== '' || groups.length > 0) return attributeErrors(spec);
  return [...attributeErrors(spec), wrong('spec.user', '', 'at least one of user or group must be specified')];
}

function attributeErrors({ resourceAttributes, nonResourceAttributes }: AccessSpec): FieldError[] {
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    const why = 'cannot be specified in combination with resourceAttributes';
    return [wrong('spec.nonResourceAttributes', nonResourceAttributes, why)];
  }
  if (resourceAttributes === undefined && nonResourceAttributes === undefined) {
    const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    return [wrong('spec.resourceAttributes', 'null', why)];
  }
  return [];
}

function metadataErrors(metadata: ObjectMeta = {}, namespaced: boolean): FieldError[] {
  const { managedFields, creationTimestamp, namespace, ...rest } = metadata;
  const kept = namespaced || namespace === undefined ? rest : { ...rest, namespace };
  if (Object.keys(kept).length === 0) return [];
  return [wrong('metadata', kept, namespaced ? 'must be empty except for namespace' : 'must be empty')];
}

function localErrors({ resourceAttributes, nonResourceAttributes }: AccessSpec, namespace: string): FieldError[] {
  const errors: FieldError[] = [];
  const asked = resourceAttributes?.namespace ?? '';
  if (resourceAttributes !== undefined && asked !== namespace)
    errors.push(wrong('spec.resourceAttributes.namespace', asked, 'must match metadata.namespace'));
  if (nonResourceAttributes !== undefined)
    errors.push(wrong('spec.nonResourceAttributes', nonResourceAttributes, 'disallowed on this kind of request'));
  return errors;
}
