import type { FieldError } from '../errors.js';
import type { CSINode, CSINodeDriver } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { validateCsiDriverName } from './csi-driver-name.js';
import { duplicate, invalidValue, required } from './field-error.js';
import { byteLength } from './names.js';
import { validateLabelKey } from './object-meta.js';
import { semanticEqual } from './semantic-equal.js';
import { nonNegative } from './values.js';

const MAX_NODE_ID_BYTES = 256;
type Driver = DeepReadonly<Partial<CSINodeDriver>>;

export function validateCsiNode({ spec }: DeepReadonly<Partial<CSINode>>): FieldError[] {
  const names = new Set<string>();
  return (spec?.drivers ?? []).flatMap((driver, i) => validateDriver(driver, names, `spec.drivers[${i}]`));
}

function validateDriver(driver: Driver, names: Set<string>, path: string): FieldError[] {
  const { name = '', nodeID = '', allocatable, topologyKeys = [] } = driver;
  const errors = validateCsiDriverName(name, `${path}.name`);
  if (nodeID === '') errors.push(required(`${path}.nodeID`));
  if (byteLength(nodeID) > MAX_NODE_ID_BYTES) {
    errors.push(invalidValue(`${path}.nodeID`, nodeID, `must be ${MAX_NODE_ID_BYTES} characters or less`));
  }
  errors.push(...nonNegative(`${path}.allocatable.count`, allocatable?.count));
  if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
  names.add(name);
  const keys = new Set<string>();
  for (const key of topologyKeys) {
    if (key === '') errors.push(required(path));
    if (keys.has(key)) errors.push(duplicate(path, key));
    keys.add(key);
    errors.push(...validateLabelKey(key, path));
  }
  return errors;
}

/** What a driver has said of a node stays, but for how many volumes it takes. */
export function validateCsiNodeUpdate(node: DeepReadonly<CSINode>, old: DeepReadonly<CSINode>): FieldError[] {
  return (old.spec?.drivers ?? []).flatMap((before) => {
    const after = node.spec?.drivers?.find(({ name }) => name === before.name);
    if (after === undefined || semanticEqual(withoutCount(after), withoutCount(before))) return [];
    const { name, nodeID, topologyKeys = null } = after;
    // Kubernetes shows its inner type here, whose fields are capitalized.
    const shown = { Name: name, NodeID: nodeID, TopologyKeys: topologyKeys, Allocatable: null };
    return [invalidValue('spec.drivers', shown, 'field is immutable')];
  });
}

function withoutCount({ allocatable: _ignored, ...rest }: Driver): Driver {
  return rest;
}
