import {
  apiVersionOf,
  type FieldError,
  type FieldValidation,
  invalid,
  type KubernetesObject,
  type ObjectKey,
  type ResourceType,
} from '@kubelab/api';
import { decodeBody } from '../../decode.js';
import { encodeAnswer, type RequestContext, type WriteAnswer } from '../../request.js';
import type { VirtualResource } from '../virtual-resource.js';

/** A question that is created, and answered with itself and a status. */
export interface ReviewHandler<T extends KubernetesObject> {
  readonly resource: ResourceType<T>;
  /** What is wrong with the question. */
  validate?(review: T): FieldError[];
  answer(review: T, key: ObjectKey, context: RequestContext): Promise<T>;
}

/** Failures are ApiErrors: BadRequest, Invalid. */
export function reviewResource<T extends KubernetesObject>(handler: ReviewHandler<T>): VirtualResource {
  const { resource } = handler;
  return {
    resource: resource as unknown as ResourceType,
    async create(key, body, { fieldValidation }, context): Promise<WriteAnswer> {
      const review = decode(resource, body, fieldValidation, context);
      const errors = handler.validate?.(review) ?? [];
      if (errors.length > 0) throw invalid(resource, '', errors);
      const answered = await handler.answer(review, key, context);
      const type = { kind: resource.kind, apiVersion: apiVersionOf(resource) };
      return { answer: encodeAnswer({ ...type, ...answered }), status: 201, name: '' };
    },
  };
}

function decode<T extends KubernetesObject>(
  resource: ResourceType<T>,
  body: Parameters<typeof decodeBody>[1],
  fieldValidation: FieldValidation,
  context: RequestContext,
): T {
  const review = decodeBody(resource, body, fieldValidation, context);
  review.metadata ??= {};
  return review;
}
