import { isMap, isNode, isPair, LineCounter, parseDocument } from 'yaml';

/** A workload file is not right. The message names the file, the line and the field. */
export class WorkloadError extends Error {
  override readonly name = 'WorkloadError';
}

type Path = readonly (string | number)[];
type LineOf = (path: Path) => number | undefined;

/** The YAML document in `text`. `file` is for messages. Throws WorkloadError where it is not YAML. */
export function parseYamlField(text: string, file: string): YamlField {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'silent' });
  const [error] = document.errors;
  if (error) throw new WorkloadError(`${file}:${lineCounter.linePos(error.pos[0]).line}: ${error.message}`);
  const lineOf: LineOf = (path) => {
    // What is absent has the line of what it is missing in.
    for (let length = path.length; length >= 0; length--) {
      const offset = offsetOf(document.getIn(path.slice(0, length - 1), true), path[length - 1]) ?? offsetAt(length);
      if (offset !== undefined) return lineCounter.linePos(offset).line;
    }
    return undefined;
    function offsetAt(length: number): number | undefined {
      const node = document.getIn(path.slice(0, length), true);
      return isNode(node) ? node.range?.[0] : undefined;
    }
  };
  return new YamlField(file, document.toJS() as unknown, [], lineOf);
}

/** Where a mapping's key stands. */
function offsetOf(parent: unknown, key: string | number | undefined): number | undefined {
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find((item) => isPair(item) && isNode(item.key) && item.key.toJSON() === key);
  return pair && isNode(pair.key) ? pair.key.range?.[0] : undefined;
}

/** A value in a YAML file that knows its place: what is wrong with it is told with line and field. */
export class YamlField {
  constructor(
    private readonly file: string,
    readonly value: unknown,
    private readonly path: Path,
    private readonly lineOf: LineOf,
  ) {}

  get present(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  fail(problem: string): never {
    const line = this.lineOf(this.path);
    const place = this.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
    const field = place === '' ? '' : `${place.replace(/^\./, '')}: `;
    throw new WorkloadError(`${this.file}:${line === undefined ? '' : `${line}:`} ${field}${problem}`);
  }

  /** Its fields by name, all of which must be among `known`. */
  fields<const K extends string>(known: readonly K[]): Record<K, YamlField> {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.fail('must be a mapping');
    const unknown = Object.keys(value).find((name) => !(known as readonly string[]).includes(name));
    if (unknown !== undefined) this.at(unknown).fail(`is not a field here; there are ${known.join(', ')}`);
    return Object.fromEntries(known.map((name) => [name, this.at(name)])) as Record<K, YamlField>;
  }

  /** The field or element of that name, which may be absent. */
  at(name: string | number): YamlField {
    const inside = (this.value as Record<string | number, unknown> | null | undefined)?.[name];
    return new YamlField(this.file, inside, [...this.path, name], this.lineOf);
  }

  /** Its elements; none where it is absent. */
  items(): YamlField[] {
    if (!this.present) return [];
    if (!Array.isArray(this.value)) this.fail('must be a list');
    return this.value.map((_, index) => this.at(index));
  }

  text(): string {
    const { value } = this;
    if (typeof value !== 'string' || value === '') this.fail('must be a text that is not empty');
    return value;
  }

  boolean(absent: boolean): boolean {
    const { value } = this;
    if (!this.present) return absent;
    if (typeof value !== 'boolean') this.fail('must be true or false');
    return value;
  }

  /** A whole number that is not negative. */
  count(): number {
    const { value } = this;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
      this.fail('must be a whole number, 0 or more');
    return value;
  }

  oneOf<const C extends string>(choices: readonly C[], absent?: C): C {
    if (!this.present && absent !== undefined) return absent;
    const text = this.text();
    return choices.find((choice) => choice === text) ?? this.fail(`"${text}" is not one of ${choices.join(', ')}`);
  }

  /** Texts by name, such as labels; empty where it is absent. */
  texts(): Record<string, string> {
    if (!this.present) return {};
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.fail('must be a mapping of texts');
    for (const [name, each] of Object.entries(value))
      if (typeof each !== 'string') this.at(name).fail('must be a text');
    return value as Record<string, string>;
  }
}
