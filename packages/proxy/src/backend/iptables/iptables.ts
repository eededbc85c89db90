import type { Backend, BackendOptions } from '../backend.js';
import { type Execute, execute as executeHere } from '../execute.js';
import { createIncrementalBackend } from '../incremental-backend.js';
import { emptyTableState, type TableState } from '../table-state.js';
import type { Transaction } from '../transaction.js';
import { CONTAINERS, type Layout, layout } from './layout.js';
import { objectsOf } from './objects.js';

const TABLES = ['nat', 'filter'] as const;
type Table = (typeof TABLES)[number];
const RESTORE = ['--wait', '5', '--noflush'];

/** A chain for each service port and each endpoint, changed with iptables-restore. */
export function createIptablesBackend(options: BackendOptions, execute: Execute = executeHere): Backend {
  const read = async (signal: AbortSignal) => {
    const saved: Record<Table, string> = {
      nat: await execute('iptables-save', ['-t', 'nat'], { signal }),
      filter: await execute('iptables-save', ['-t', 'filter'], { signal }),
    };
    return saved;
  };
  return createIncrementalBackend({
    name: 'iptables',
    keyedByContent: true,
    containers: CONTAINERS,
    objectsOf,
    read: async (signal) => parseSaved(await read(signal), options),
    async commit(transaction, fresh, signal) {
      const remains = fresh ? removal(await read(signal)) : '';
      if (remains !== '') await execute('iptables-restore', RESTORE, { input: remains, signal });
      await execute('iptables-restore', RESTORE, {
        input: renderTransaction(transaction, fresh ? options : undefined),
        signal,
      });
    },
    async remove(signal) {
      const input = removal(await read(signal));
      if (input !== '') await execute('iptables-restore', RESTORE, { input, signal });
    },
  });
}

const GENERATED_CHAIN = /^KUBELAB-(SVC|SEP)-/;

/** Reads the output of iptables-save. Undefined: the fixed chains or the jumps to them are not all there. */
export function parseSaved(saved: Readonly<Record<Table, string>>, options: BackendOptions): TableState | undefined {
  const state = emptyTableState(CONTAINERS);
  for (const table of TABLES) {
    const { chains, jumps } = layout(options)[table];
    const present = new Set<string>();
    const lines = saved[table].split('\n');
    for (const line of lines) {
      const chain = /^:(\S+)/.exec(line)?.[1];
      if (chain) present.add(chain);
      if (chain && GENERATED_CHAIN.test(chain)) state.chains.add(chain);
      const rule = /^-A (\S+) (.*)$/.exec(line);
      const elements = rule ? state.elements.get(`${table} ${rule[1]}`) : undefined;
      const key = / ([0-9A-F]{16})" /.exec(rule?.[2] ?? '')?.[1];
      if (elements && rule && key) elements.set(key, rule[2] ?? '');
    }
    const jumpsThere = Object.entries(jumps).every(([chain, rules]) =>
      rules.every((rule) => lines.includes(`-A ${chain} ${rule}`)),
    );
    if (!jumpsThere || !Object.keys(chains).every((chain) => present.has(chain))) return undefined;
  }
  return state;
}

/** One input for iptables-restore. With `options`, the fixed chains and the jumps to them are made too. */
export function renderTransaction(transaction: Transaction, options: BackendOptions | undefined): string {
  return TABLES.map((table) => renderTable(table, transaction, options ? layout(options)[table] : undefined)).join('');
}

function renderTable(table: Table, transaction: Transaction, fixed: Layout | undefined): string {
  const chains: string[] = [];
  const rules: string[] = [];
  for (const [name, lines] of Object.entries(fixed?.chains ?? {})) {
    chains.push(`:${name} - [0:0]`);
    rules.push(...lines.map((line) => `-A ${name} ${line}`));
  }
  for (const [name, lines] of Object.entries(fixed?.jumps ?? {}))
    rules.push(...lines.map((line) => `-I ${name} ${line}`));
  for (const [name, lines] of table === 'nat' ? transaction.addedChains : []) {
    chains.push(`:${name} - [0:0]`);
    rules.push(...lines.map((line) => `-A ${name} ${line}`));
  }
  // Added before removed: a service that changes is never without its rule.
  for (const [container, elements] of transaction.addedElements)
    if (container.startsWith(`${table} `))
      for (const rule of elements.values()) rules.push(`-A ${container.slice(table.length + 1)} ${rule}`);
  for (const [container, elements] of transaction.removedElements)
    if (container.startsWith(`${table} `))
      for (const rule of elements.values()) rules.push(`-D ${container.slice(table.length + 1)} ${rule}`);
  if (table === 'nat') {
    for (const name of transaction.removedChains) rules.push(`-F ${name}`);
    for (const name of transaction.removedChains) rules.push(`-X ${name}`);
  }
  const lines = [...chains, ...rules];
  return lines.length === 0 ? '' : `*${table}\n${lines.join('\n')}\nCOMMIT\n`;
}

/** The input that takes away every chain of ours and the jumps to them; "" when there is none. */
function removal(saved: Readonly<Record<Table, string>>): string {
  return TABLES.map((table) => {
    const lines = saved[table].split('\n');
    const ours = lines.flatMap((line) => /^:(KUBELAB-\S+)/.exec(line)?.[1] ?? []);
    if (ours.length === 0) return '';
    const jumps = lines
      .filter((line) => /^-A (?!KUBELAB-)\S+ .*-j KUBELAB-/.test(line))
      .map((line) => `-D${line.slice(2)}`);
    const rules = [...jumps, ...ours.map((chain) => `-F ${chain}`), ...ours.map((chain) => `-X ${chain}`)];
    return `*${table}\n${rules.join('\n')}\nCOMMIT\n`;
  }).join('');
}
