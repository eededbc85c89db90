import type { BackendOptions } from '../backend.js';
import { emptyTableState, type TableState } from '../table-state.js';
import { CONTAINERS, layoutMarker } from './layout.js';

type Json = unknown;
const isRecord = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A key, data or verdict of `nft --json` in the syntax that nft reads. */
function renderExpression(value: Json): string {
  if (!isRecord(value)) return String(value);
  if (Array.isArray(value.concat)) return value.concat.map(renderExpression).join(' . ');
  if (isRecord(value.goto)) return `goto ${String(value.goto.target)}`;
  if (isRecord(value.elem)) return renderExpression(value.elem.val);
  if ('drop' in value) return 'drop';
  throw new Error(`unexpected expression in the table: ${JSON.stringify(value)}`);
}

/** Chains of the fixed layout stay; only these are made and removed with the services. */
const GENERATED_CHAIN = /^(address|node-port|internal)(-masquerade)?-\d+$|^affinity-|^endpoint-/;

/** Reads the answer of `nft --json list table`. Undefined: the table has another layout. */
export function parseTable(json: string, options: BackendOptions): TableState | undefined {
  const state = emptyTableState(CONTAINERS);
  let sameLayout = false;
  const { nftables } = JSON.parse(json) as { nftables: Record<string, Json>[] };
  for (const item of nftables) {
    if (isRecord(item.chain)) {
      const name = String(item.chain.name);
      if (name === layoutMarker(options)) sameLayout = true;
      if (GENERATED_CHAIN.test(name)) state.chains.add(name);
    }
    const container = item.map ?? item.set;
    if (!isRecord(container)) continue;
    const elements = state.elements.get(String(container.name));
    if (elements === undefined) state.sets.add(String(container.name));
    for (const element of elements && Array.isArray(container.elem) ? container.elem : []) {
      const isPair = item.map !== undefined && Array.isArray(element);
      elements?.set(renderExpression(isPair ? element[0] : element), isPair ? renderExpression(element[1]) : '');
    }
  }
  return sameLayout ? state : undefined;
}
