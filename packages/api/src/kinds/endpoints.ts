import { isIPv6 } from 'node:net';
import type { Endpoints } from '../generated/types.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';
import { validateEndpoints } from '../validation/endpoints.js';

const MAX_SHOWN = 3;

/** `10.0.0.1:80,10.0.0.2:80 + 2 more...` */
function formatEndpoints({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return '<none>';
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) => addresses.map(({ ip }) => (isIPv6(ip) ? `[${ip}]:${port}` : `${ip}:${port}`))),
  );
  return firstFew(all);
}

/** The first three, and how many more there are. */
export function firstFew(texts: readonly string[]): string {
  const shown = texts.slice(0, MAX_SHOWN).join(',');
  return texts.length > MAX_SHOWN ? `${shown} + ${texts.length - MAX_SHOWN} more...` : shown;
}

export const endpoints: ResourceType<Endpoints> = {
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  categories: [],
  namespaced: true,
  definition: 'Endpoints',
  subresources: [],
  columns: [
    nameColumn<Endpoints>(),
    column('Endpoints', 'string', 'Where the service is answered.', formatEndpoints),
    ageColumn<Endpoints>(),
  ],
  selectableFields: {},
  strategy: {
    tracksGeneration: false,
    allowCreateOnUpdate: true,
    setDefaults({ subsets = [] }) {
      for (const { ports = [] } of subsets) {
        for (const port of ports) port.protocol ||= 'TCP';
      }
    },
    validate: validateEndpoints,
  },
};
