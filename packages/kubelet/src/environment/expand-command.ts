import type { ExpandCommand } from '../environment.js';
import { expandVariables } from './expand-variables.js';

/** A container's `command` and `args` with references to its environment replaced, each element by itself. */
export const expandCommand: ExpandCommand = (container, environment) => {
  const values = new Map(environment.map(({ name, value }) => [name, value]));
  const expand = (words: readonly string[] | undefined) =>
    words?.map((word) => expandVariables(word, (name) => values.get(name)));
  return { command: expand(container.command), args: expand(container.args) };
};
