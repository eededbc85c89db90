import { join } from 'node:path';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { PROTO_FILES, protoDirectory } from './proto.js';

/**
 * The .proto files in the form that a reflection service tells them in. That
 * takes a tenth of a second and 10 MB, and so is a module of its own, which
 * nobody imports who need not.
 */
export function describeProto(): PackageDefinition {
  const directory = protoDirectory();
  return loadSync(
    PROTO_FILES.map((file) => join(directory, file)),
    { includeDirs: [directory] },
  );
}
