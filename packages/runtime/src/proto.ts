import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';

const FILES = ['kubelab/v1/api.proto', 'kubelab/v1/node.proto', 'grpc/health/v1/health.proto'];

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
  /** For the reflection service. */
  readonly packageDefinition: PackageDefinition;
}

let loaded: Proto | undefined;

/** Loads the .proto files, once a process. Throws where there are none. */
export function loadProto(): Proto {
  loaded ??= load(protoDirectory());
  return loaded;
}

function load(directory: string): Proto {
  const packageDefinition = loadSync(
    FILES.map((file) => join(directory, file)),
    { includeDirs: [directory], keepCase: false, longs: Number, enums: String, defaults: true, oneofs: true },
  );
  const root = loadPackageDefinition(packageDefinition) as unknown as {
    kubelab: { v1: { Api: ServiceClientConstructor; Node: ServiceClientConstructor } };
    grpc: { health: { v1: { Health: ServiceClientConstructor } } };
  };
  const { Api, Node } = root.kubelab.v1;
  return { Api, Node, Health: root.grpc.health.v1.Health, packageDefinition };
}

/** KUBELAB_PROTO_DIR, or the first `proto` directory above this file: in the sources, the build or a bundle. */
function protoDirectory(): string {
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
