import { parseDuration } from '@kubelab/runtime';
import { isMap, isScalar, isSeq, type LineCounter, type Node } from 'yaml';

/** What is wrong, collected while reading goes on: all of it is told at once. */
export interface Problems {
  /** The file's name, for the messages. */
  readonly file: string;
  readonly lines: LineCounter;
  readonly found: string[];
}

interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  /** Default true. */
  readonly integer?: boolean;
}

/**
 * A value in a YAML document, with its path and its line. Reading it as
 * something that it is not notes a problem and gives the default.
 */
export class Field {
  readonly path: string;
  readonly #node: Node | undefined;
  readonly #problems: Problems;
  /** Where an absent field would be. */
  readonly #near: Node | undefined;

  constructor(node: Node | undefined, path: string, problems: Problems, near?: Node) {
    this.#node = node;
    this.path = path;
    this.#problems = problems;
    this.#near = near;
  }

  /** Null is as good as absent. */
  get isAbsent(): boolean {
    return this.#node === undefined || (isScalar(this.#node) && this.#node.value === null);
  }

  /** As it stands, for whoever knows better what it should be. */
  get raw(): unknown {
    return (this.#node as { toJSON?(): unknown } | undefined)?.toJSON?.();
  }

  /** Notes a problem with this field: `path: message`. */
  problem(message: string): void {
    const [offset] = (this.#node ?? this.#near)?.range ?? [0];
    const { line } = this.#problems.lines.linePos(offset);
    this.#problems.found.push(`${this.#problems.file}:${line}: ${this.path === '' ? '' : `${this.path}: `}${message}`);
  }

  invalid(message: string): void {
    this.problem(`Invalid value: ${JSON.stringify(this.raw)}: ${message}`);
  }

  /** The fields of an object; others than `known` are problems. */
  fields<K extends string>(known: readonly K[]): Record<K, Field> {
    const map = this.isAbsent ? undefined : isMap(this.#node) ? this.#node : undefined;
    if (!this.isAbsent && map === undefined) this.invalid('must be an object');
    const names: readonly string[] = known;
    for (const { key } of map?.items ?? []) {
      const name = String(isScalar(key) ? key.value : key);
      if (!names.includes(name)) new Field(key as Node, this.#join(name), this.#problems).problem('unknown field');
    }
    return Object.fromEntries(
      known.map((name) => [
        name,
        new Field(map?.get(name, true) as Node | undefined, this.#join(name), this.#problems, this.#node ?? this.#near),
      ]),
    ) as Record<K, Field>;
  }

  list(): Field[] {
    if (this.isAbsent) return [];
    if (!isSeq(this.#node)) {
      this.invalid('must be a list');
      return [];
    }
    return this.#node.items.map(
      (item, index) => new Field(item as Node, `${this.path}[${index}]`, this.#problems, this.#node),
    );
  }

  string(absent: string): string {
    return this.#scalar('string', absent);
  }

  requiredString(): string {
    const value = this.string('');
    if (value === '') this.problem('Required value');
    return value;
  }

  boolean(absent: boolean): boolean {
    return this.#scalar('boolean', absent);
  }

  number(absent: number, { min, max, integer = true }: NumberRange = {}): number {
    const value = this.#scalar('number', absent);
    if (this.isAbsent || typeof this.raw !== 'number') return value;
    const inRange = value >= (min ?? value) && value <= (max ?? value);
    if (inRange && (!integer || Number.isInteger(value))) return value;
    this.invalid(rangeText(min, max, integer));
    return absent;
  }

  oneOf<T extends string>(choices: readonly T[], absent: T): T {
    const value = this.string(absent);
    if (choices.includes(value as T)) return value as T;
    const supported = choices.map((choice) => JSON.stringify(choice)).join(', ');
    this.problem(`Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`);
    return absent;
  }

  /** A Go duration, in milliseconds. */
  durationMs(absentMs: number): number {
    if (this.isAbsent) return absentMs;
    try {
      return parseDuration(this.string('0s'));
    } catch (error) {
      this.invalid((error as Error).message);
      return absentMs;
    }
  }

  #scalar<T extends string | number | boolean>(type: 'string' | 'number' | 'boolean', absent: T): T {
    if (this.isAbsent) return absent;
    const value = isScalar(this.#node) ? this.#node.value : this.raw;
    if (typeof value === type) return value as T;
    this.invalid(`must be a ${type}`);
    return absent;
  }

  #join(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}

function rangeText(min: number | undefined, max: number | undefined, integer: boolean): string {
  const kind = integer ? 'a whole number' : 'a number';
  if (min !== undefined && max !== undefined) return `not in valid range [${min}-${max}]`;
  if (min !== undefined) return `must be ${kind} of ${min} or more`;
  return `must be ${kind}`;
}
