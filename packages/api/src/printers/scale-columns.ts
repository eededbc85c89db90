import type { Scale } from '../generated/types.js';
import type { PrinterColumn } from '../resource.js';
import { ageColumn, column, nameColumn } from './columns.js';

/** What `kubectl get --subresource=scale` prints, of whatever kind is scaled. */
export const scaleColumns: readonly PrinterColumn<Scale>[] = [
  nameColumn<Scale>(),
  column('Desired', 'integer', 'How many replicas there shall be.', ({ spec }) => spec?.replicas ?? 0),
  column('Available', 'integer', 'How many replicas there are.', ({ status }) => status?.replicas ?? 0),
  ageColumn<Scale>(),
];
