import type { Secret } from '../generated/types.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';
import { validateSecret, validateSecretUpdate } from '../validation/config-data.js';

/** stringData is a way to write data, and is never read back. */
function setSecretDefaults(secret: Secret): void {
  secret.type ||= 'Opaque';
  const { stringData } = secret;
  if (stringData === undefined) return;
  const encoded = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  if (encoded.length > 0) secret.data = { ...secret.data, ...Object.fromEntries(encoded) };
  delete secret.stringData;
}

export const secrets: ResourceType<Secret> = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  shortNames: [],
  categories: [],
  namespaced: true,
  definition: 'Secret',
  subresources: [],
  columns: [
    nameColumn<Secret>(),
    column('Type', 'string', 'What the secret is for.', ({ type }) => type ?? ''),
    column('Data', 'string', 'How many keys there are.', ({ data = {} }) => Object.keys(data).length),
    ageColumn<Secret>(),
  ],
  selectableFields: { type: ({ type }) => type ?? '' },
  strategy: {
    tracksGeneration: false,
    setDefaults: setSecretDefaults,
    validate: validateSecret,
    validateUpdate: validateSecretUpdate,
  },
};
