import { decodeObject, type FieldValidation, type KubernetesObject, type ResourceType } from '@kubelab/api';
import { protobufToJson } from '../protobuf/decode-protobuf.js';
import { PROTOBUF_TYPE } from '../protobuf/envelope.js';
import type { Body, RequestContext } from './request.js';

/**
 * Reads an object of a resource's own kind, strictly by the schema.
 * @throws ApiError BadRequest with every field that is wrong
 */
export function decodeBody<T extends KubernetesObject>(
  resource: ResourceType<T>,
  body: Body,
  fieldValidation: FieldValidation,
  context: RequestContext,
): T {
  return decodeDefinition<T>(resource.definition, body, fieldValidation, context);
}

/** As {@link decodeBody}, for any type of the schema. */
export function decodeDefinition<T>(
  definition: string,
  { bytes, contentType }: Body,
  fieldValidation: FieldValidation,
  context: RequestContext,
): T {
  const isProtobuf = contentType === PROTOBUF_TYPE;
  const { object, warnings } = decodeObject<T>(definition, isProtobuf ? protobufToJson(definition, bytes) : bytes, {
    fieldValidation,
    contentType: contentType === 'application/yaml' ? 'yaml' : 'json',
  });
  for (const warning of warnings) context.warn(warning);
  return object;
}
