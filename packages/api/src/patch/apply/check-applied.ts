import { isObject } from '../../decode/convert-value.js';
import { canonicalQuantity, QuantityError } from '../../quantity/quantity.js';
import { setOwn } from '../../set-own.js';
import type { ApplyType, ListType, MapType, ScalarType, StructType } from './apply-type.js';
import { ElementError, elementOf } from './list-elements.js';
import { fieldElement, formatElement } from './path-element.js';

/** Everything that is wrong with an applied configuration, worded as Kubernetes words it. */
export class AppliedConfigurationError extends Error {
  override readonly name = 'AppliedConfigurationError';

  constructor(readonly problems: readonly string[]) {
    super(problems.length === 1 ? problems[0] : ['errors:', ...problems.map((problem) => `  ${problem}`)].join('\n'));
  }
}

/**
 * Checks an applied configuration against its type: unlike other writes, apply
 * knows no unknown fields, and refuses elements that it cannot tell apart.
 * Nulls are kept, for they are statements. Quantities are written the one way
 * that they are stored, so that `0.1` is no change of `100m`.
 * @throws AppliedConfigurationError
 */
export function checkApplied(type: StructType, config: unknown): Record<string, unknown> {
  const checker = new Checker();
  const checked = checker.check(type, config, '');
  if (checker.problems.length > 0) throw new AppliedConfigurationError(checker.problems);
  return checked as Record<string, unknown>;
}

class Checker {
  readonly problems: string[] = [];

  check(type: ApplyType, value: unknown, path: string): unknown {
    if (value === null || value === undefined) return value;
    switch (type.shape) {
      case 'scalar':
        return this.#checkScalar(type, value, path);
      case 'struct':
        return this.#checkStruct(type, value, path);
      case 'map':
        return this.#checkMap(type, value, path);
      case 'list':
        return this.#checkList(type, value, path);
      default:
        return value;
    }
  }

  #checkScalar(type: ScalarType, value: unknown, path: string): unknown {
    const why = whyNotScalar(type, value);
    if (why !== undefined) this.#report(path, why);
    else if (type.isQuantity) return canonicalOrAsIs(value);
    return value;
  }

  #checkStruct(type: StructType, value: unknown, path: string): unknown {
    if (!isObject(value)) return this.#report(path, `expected map, got ${goValue(value)}`);
    const checked: Record<string, unknown> = {};
    for (const name of Object.keys(value)) {
      const at = `${path}.${name}`;
      const field = type.fields.get(name);
      if (field === undefined) return this.#report(at, 'field not declared in schema');
      checked[name] = this.check(field.type, value[name], at);
    }
    return checked;
  }

  #checkMap(type: MapType, value: unknown, path: string): unknown {
    if (!isObject(value)) return this.#report(path, `expected map, got ${goValue(value)}`);
    const checked: Record<string, unknown> = {};
    for (const name of Object.keys(value)) {
      setOwn(checked, name, this.check(type.values, value[name], `${path}${formatElement(fieldElement(name))}`));
    }
    return checked;
  }

  #checkList(type: ListType, value: unknown, path: string): unknown {
    if (!Array.isArray(value)) return this.#report(path, `expected list, got ${goValue(value)}`);
    const seen = new Set<string>();
    const checked: unknown[] = [];
    for (const [index, item] of value.entries()) {
      const at = type.isAtomic ? `[${index}]` : this.#checkElement(type, item, index, path, seen);
      if (at === undefined) return value;
      checked.push(this.check(type.items, item, path + at));
    }
    return checked;
  }

  /** How errors name the element; undefined where it cannot be told from others. */
  #checkElement(type: ListType, item: unknown, index: number, path: string, seen: Set<string>): string | undefined {
    try {
      const element = elementOf(type, item);
      const shown = formatElement(element);
      if (seen.has(element)) this.#report(path, `duplicate entries for key ${shown}`);
      seen.add(element);
      return shown;
    } catch (error) {
      if (!(error instanceof ElementError)) throw error;
      this.#report(path, `element ${index}: ${error.message}`);
      return undefined;
    }
  }

  #report(path: string, problem: string): undefined {
    this.problems.push(path === '' ? problem : `${path}: ${problem}`);
  }
}

function whyNotScalar({ scalar }: ScalarType, value: unknown): string | undefined {
  if (scalar === 'untyped' ? typeof value !== 'object' : typeof value === scalar) return undefined;
  switch (scalar) {
    case 'number':
      return `expected numeric (int or float), got ${goType(value)}`;
    case 'string':
      return `expected string, got &value.valueUnstructured{Value:${goLiteral(value)}}`;
    case 'boolean':
      return `expected boolean, got ${goValue(value)}`;
    default:
      return `expected any scalar, got ${goValue(value)}`;
  }
}

/** What is no quantity is told apart later, with its path. */
function canonicalOrAsIs(value: unknown): unknown {
  try {
    return canonicalQuantity(value as string | number);
  } catch (error) {
    if (error instanceof QuantityError) return value;
    throw error;
  }
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

/** Go's %v of the wrapper that the value is in. */
function goValue(value: unknown): string {
  return `&{${goText(value)}}`;
}

function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (!isObject(value)) return value === null ? '<nil>' : String(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([name, field]) => `${name}:${goText(field)}`).join(' ')}]`;
}

/** Go's %#v. */
function goLiteral(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goLiteral).join(', ')}}`;
  if (!isObject(value)) return value === null ? 'interface {}(nil)' : JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[string]interface {}{${entries.map(([name, field]) => `${JSON.stringify(name)}:${goLiteral(field)}`).join(', ')}}`;
}
