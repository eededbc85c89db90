import type { Backend, BackendOptions } from '../backend.js';
import { CommandFailed, type Execute, execute as executeHere } from '../execute.js';
import { createIncrementalBackend } from '../incremental-backend.js';
import type { Transaction } from '../transaction.js';
import { CONTAINERS, layoutCommands, TABLE } from './layout.js';
import { objectsOf } from './objects.js';
import { parseTable } from './parse.js';

/** Services as elements of nftables maps, with one chain per number of endpoints and none per service. */
export function createNftablesBackend(options: BackendOptions, execute: Execute = executeHere): Backend {
  return createIncrementalBackend({
    name: 'nftables',
    containers: CONTAINERS,
    objectsOf,
    async read(signal) {
      try {
        return parseTable(await execute('nft', ['--json', 'list', 'table', ...TABLE.split(' ')], { signal }), options);
      } catch (error) {
        if (error instanceof CommandFailed && error.standardError.includes('No such file')) return undefined;
        throw error;
      }
    },
    async commit(transaction, fresh, signal) {
      const input = renderTransaction(transaction, fresh ? options : undefined);
      await execute('nft', ['-f', '-'], { input, signal });
    },
    async remove(signal) {
      await execute('nft', ['-f', '-'], { input: `${REPLACE.join('\n')}\n`, signal });
    },
  });
}

/** `add` first, so that deleting what is not there is no error. */
const REPLACE = [`add table ${TABLE}`, `delete table ${TABLE}`];

/** One script for `nft -f`, which is one transaction. With `layout`, the table is made anew. */
export function renderTransaction(transaction: Transaction, layout: BackendOptions | undefined): string {
  const lines = layout ? [...REPLACE, ...layoutCommands(layout)] : [];
  for (const [name, definition] of transaction.addedSets) lines.push(`add set ${TABLE} ${name} { ${definition} }`);
  for (const name of transaction.addedChains.keys()) lines.push(`add chain ${TABLE} ${name}`);
  for (const [name, rules] of transaction.addedChains)
    for (const rule of rules) lines.push(`add rule ${TABLE} ${name} ${rule}`);
  for (const [container, elements] of transaction.removedElements)
    lines.push(`delete element ${TABLE} ${container} { ${[...elements.keys()].join(', ')} }`);
  for (const [container, elements] of transaction.addedElements) {
    const pairs = [...elements].map(([key, data]) => (data === '' ? key : `${key} : ${data}`));
    lines.push(`add element ${TABLE} ${container} { ${pairs.join(', ')} }`);
  }
  // Chains refer to each other and to sets: all are emptied before any goes.
  for (const name of transaction.removedChains) lines.push(`flush chain ${TABLE} ${name}`);
  for (const name of transaction.removedChains) lines.push(`delete chain ${TABLE} ${name}`);
  for (const name of transaction.removedSets) lines.push(`delete set ${TABLE} ${name}`);
  return `${lines.join('\n')}\n`;
}
