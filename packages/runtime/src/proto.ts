import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeGenericClientConstructor, type ServiceClientConstructor } from '@grpc/grpc-js';
import { parseProto } from './proto/parse-proto.js';
import { serviceDefinitions } from './proto/service-definition.js';

/** In {@link protoDirectory}. */
export const PROTO_FILES = ['kubelab/v1/api.proto', 'kubelab/v1/node.proto', 'grpc/health/v1/health.proto'];

/**
 * The services as grpc-js takes them: `new proto.Api(address, credentials)`,
 * `server.addService(proto.Api.service, handlers)`. Fields are in camel case;
 * 64-bit integers are numbers (times in nanoseconds lose their last three
 * digits; a string or a number may be sent); bytes are Buffers; unset fields
 * have their defaults, and an unset message is null; the field that a oneof
 * holds is named by a field with the oneof's name.
 */
export interface Proto {
  readonly Api: ServiceClientConstructor;
  readonly Node: ServiceClientConstructor;
  readonly Health: ServiceClientConstructor;
}

let loaded: Proto | undefined;

/** Loads the .proto files, once a process. Throws where there are none. */
export function loadProto(): Proto {
  loaded ??= load(protoDirectory());
  return loaded;
}

function load(directory: string): Proto {
  const services = new Map(
    PROTO_FILES.flatMap((file) => [...serviceDefinitions(parseProto(readFileSync(join(directory, file), 'utf8')))]),
  );
  const client = (name: string): ServiceClientConstructor => {
    const definition = services.get(name);
    if (!definition) throw new Error(`there is no service ${name} in ${directory}`);
    return makeGenericClientConstructor(definition, name);
  };
  return { Api: client('kubelab.v1.Api'), Node: client('kubelab.v1.Node'), Health: client('grpc.health.v1.Health') };
}

/** KUBELAB_PROTO_DIR, or the first `proto` directory above this file: in the sources, the build or a bundle. */
export function protoDirectory(): string {
  const given = process.env.KUBELAB_PROTO_DIR;
  if (given) return given;
  const start = dirname(fileURLToPath(import.meta.url));
  for (let directory = start; ; directory = dirname(directory)) {
    const candidate = join(directory, 'proto');
    if (existsSync(join(candidate, 'kubelab/v1/api.proto'))) return candidate;
    if (directory === dirname(directory)) {
      throw new Error(`no proto directory above ${start}; KUBELAB_PROTO_DIR may name it`);
    }
  }
}
