import type { OpenApiV2, OperationV2, ParameterV2, PathItemV2, ResponseV2 } from './document-v2.js';
import { MessageWriter } from './protobuf-writer.js';
import type { SchemaObject } from './schema-object.js';

/** What Go clients accept: they do not read OpenAPI v2 as JSON. */
export const OPENAPI_V2_PROTOBUF_ACCEPTS: readonly string[] = [
  'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
];
/** What is answered to both: with the `@`, clients refuse it as no media type. */
export const OPENAPI_V2_PROTOBUF_CONTENT_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/**
 * An OpenAPI v2 document as the protobuf message `openapi.v2.Document` of
 * gnostic. The numbers are those of its fields; each function below is named
 * after its message.
 */
export function encodeOpenApiV2(document: OpenApiV2): Uint8Array {
  const info = new MessageWriter().string(1, document.info.title).string(2, document.info.version);
  const paths = new MessageWriter();
  for (const [path, item] of Object.entries(document.paths)) paths.message(2, named(path, pathItem(item)));
  const definitions = namedSchemas(document.definitions);
  return new MessageWriter()
    .string(1, document.swagger)
    .message(2, info)
    .message(8, paths)
    .message(9, definitions)
    .finish();
}

/** Maps are lists of pairs. */
function named(name: string, value: MessageWriter): MessageWriter {
  return new MessageWriter().string(1, name).message(2, value);
}

function namedSchemas(schemas: Readonly<Record<string, SchemaObject>>): MessageWriter {
  const writer = new MessageWriter();
  for (const [name, value] of Object.entries(schemas)) writer.message(1, named(name, schema(value)));
  return writer;
}

function pathItem(item: PathItemV2): MessageWriter {
  const writer = new MessageWriter()
    .message(2, item.get && operation(item.get))
    .message(3, item.put && operation(item.put))
    .message(4, item.post && operation(item.post))
    .message(5, item.delete && operation(item.delete))
    .message(8, item.patch && operation(item.patch));
  for (const parameter of item.parameters ?? []) writer.message(9, parametersItem(parameter));
  return writer;
}

function operation(value: OperationV2): MessageWriter {
  const writer = new MessageWriter()
    .strings(1, value.tags)
    .string(3, value.description)
    .string(5, value.operationId)
    .strings(6, value.produces)
    .strings(7, value.consumes);
  for (const parameter of value.parameters) writer.message(8, parametersItem(parameter));
  const responses = new MessageWriter();
  for (const [code, answer] of Object.entries(value.responses))
    responses.message(1, named(code, responseValue(answer)));
  return extensions(writer.message(9, responses).strings(10, value.schemes), 13, value);
}

function responseValue(value: ResponseV2): MessageWriter {
  const schemaItem = value.schema && new MessageWriter().message(1, schema(value.schema));
  return new MessageWriter().message(1, new MessageWriter().string(1, value.description).message(2, schemaItem));
}

function parametersItem(value: ParameterV2): MessageWriter {
  const parameter = new MessageWriter();
  if (value.in === 'body') parameter.message(1, bodyParameter(value));
  else parameter.message(2, nonBodyParameter(value));
  return new MessageWriter().message(1, parameter);
}

function bodyParameter(value: ParameterV2): MessageWriter {
  return new MessageWriter()
    .string(1, value.description)
    .string(2, value.name)
    .string(3, value.in)
    .boolean(4, value.required)
    .message(5, value.schema && schema(value.schema));
}

function nonBodyParameter(value: ParameterV2): MessageWriter {
  const subSchema = new MessageWriter()
    .boolean(1, value.required)
    .string(2, value.in)
    .string(3, value.description)
    .string(4, value.name);
  // A path parameter's type is field 5, a query parameter's is 6.
  return value.in === 'path'
    ? new MessageWriter().message(4, subSchema.string(5, value.type))
    : new MessageWriter().message(3, subSchema.string(6, value.type));
}

function schema(value: SchemaObject): MessageWriter {
  const additional = value.additionalProperties;
  const writer = new MessageWriter()
    .string(1, value.$ref)
    .string(2, value.format)
    .string(4, value.description)
    .strings(19, value.required)
    .message(21, additional && new MessageWriter().message(1, schema(additional)))
    .message(22, value.type === undefined ? undefined : new MessageWriter().strings(1, [value.type]))
    .message(23, value.items && new MessageWriter().message(1, schema(value.items)))
    .message(25, value.properties && namedSchemas(value.properties));
  return extensions(writer, 31, value);
}

/** Extensions travel as YAML texts; JSON is YAML. */
function extensions(writer: MessageWriter, field: number, value: object): MessageWriter {
  for (const [name, extension] of Object.entries(value)) {
    if (!name.startsWith('x-')) continue;
    writer.message(field, named(name, new MessageWriter().string(2, `${JSON.stringify(extension)}\n`)));
  }
  return writer;
}
