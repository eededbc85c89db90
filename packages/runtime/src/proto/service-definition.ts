import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { type Message, type MessageCodec, MessageCodecs } from './message-codec.js';
import type { MethodSchema, ProtoSchema } from './parse-proto.js';

/** Every service of a .proto file as grpc-js takes it, by its full name. */
export function serviceDefinitions(schema: ProtoSchema): Map<string, ServiceDefinition> {
  const codecs = new MessageCodecs(schema);
  return new Map(
    [...schema.services].map(([service, methods]) => [
      service,
      Object.fromEntries(methods.map((method) => [method.name, methodDefinition(service, method, codecs)])),
    ]),
  );
}

function methodDefinition(
  service: string,
  { name, requestType, responseType, requestStream, responseStream }: MethodSchema,
  codecs: MessageCodecs,
): MethodDefinition<object, Message> & { readonly originalName: string } {
  const request: MessageCodec = codecs.of(requestType);
  const response: MessageCodec = codecs.of(responseType);
  return {
    path: `/${service}/${name}`,
    originalName: name.charAt(0).toLowerCase() + name.slice(1),
    requestStream,
    responseStream,
    requestSerialize: (message) => request.encode(message),
    requestDeserialize: (bytes) => request.decode(bytes),
    responseSerialize: (message) => response.encode(message),
    responseDeserialize: (bytes) => response.decode(bytes),
  };
}
