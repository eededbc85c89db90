import jsonpatch, { type Operation } from 'fast-json-patch';
import { deepClone } from '../deep-clone.js';
import { ApiError } from '../errors.js';
import type { JsonPatchOperation } from './parse-patch.js';

/** As in Kubernetes; each operation walks the document. */
const MAX_OPERATIONS = 10_000;
/** What `copy` operations may add up to, in JSON values: a few of them can double an object each. */
const MAX_COPIED_VALUES = 100_000;
const MAX_COPIED_CHARACTERS = 3 * 1024 * 1024;

/**
 * RFC 6902. Neither argument is changed.
 * @throws ApiError RequestEntityTooLarge for too many operations, Invalid when
 * one does not apply (a `test` that fails, a path that is not there)
 */
export function jsonPatch(original: unknown, operations: readonly JsonPatchOperation[]): unknown {
  if (operations.length > MAX_OPERATIONS) {
    throw new ApiError(
      'RequestEntityTooLarge',
      `Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`,
    );
  }
  const budget = { values: MAX_COPIED_VALUES, characters: MAX_COPIED_CHARACTERS };
  let document: unknown = deepClone(original);
  try {
    for (const [index, operation] of operations.entries()) {
      checkPaths(document, operation);
      if (operation.op === 'copy') spend(budget, jsonpatch.getValueByPointer(document, operation.from ?? ''));
      document = apply(document, operation, index);
    }
  } catch (error) {
    throw rejected(error);
  }
  return document;
}

const OPERATIONS = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);

function apply(document: unknown, operation: JsonPatchOperation, index: number): unknown {
  if (!OPERATIONS.has(operation.op)) throw new RangeError(`unexpected kind: ${operation.op}`);
  // The operation's value becomes part of the document, which later operations change.
  const own = deepClone(operation) as Operation;
  return jsonpatch.applyOperation(document, own, true, true, true, index).newDocument;
}

const CREATES_TARGET = new Set(['add', 'move', 'copy']);

/** The library would follow inherited names: `/constructor/keys` is Object.keys, which a patch must not reach. */
function checkPaths(document: unknown, operation: JsonPatchOperation): void {
  requireOwn(document, operation.path, CREATES_TARGET.has(operation.op));
  if (operation.from !== undefined) requireOwn(document, operation.from, false);
}

function requireOwn(document: unknown, pointer: string, mayLackLast: boolean): void {
  const steps = pointer.split('/').slice(1);
  let value = document;
  for (const [index, step] of steps.entries()) {
    const key = jsonpatch.unescapePathComponent(step);
    const isContainer = typeof value === 'object' && value !== null;
    if (isContainer && mayLackLast && index === steps.length - 1) return;
    if (!isContainer || !Object.hasOwn(value as object, key)) throw new RangeError(`missing path: ${pointer}`);
    value = (value as Record<string, unknown>)[key];
  }
}

function spend(budget: { values: number; characters: number }, value: unknown): void {
  budget.values--;
  if (typeof value === 'string') budget.characters -= value.length;
  if (budget.values < 0 || budget.characters < 0) throw new RangeError('copy operations exceed the size limit');
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) spend(budget, part);
}

/** Kubernetes answers with this and nothing else; the log has the cause. */
function rejected(cause: unknown): ApiError {
  return new ApiError('Invalid', 'the server rejected our request due to an error in our request', {
    details: {},
    cause,
  });
}
