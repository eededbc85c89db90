import { ApiError } from '@kubelab/api';
import { PROTOBUF_TYPE } from '../protobuf/envelope.js';

/** What the client wants instead of the object itself. */
export type Transformation = 'none' | 'table' | 'partial';

export type Format = 'json' | 'yaml' | 'protobuf';

export interface Representation {
  readonly format: Format;
  readonly as: Transformation;
  /** Of the Table or PartialObjectMetadata: `meta.k8s.io/v1`. */
  readonly apiVersion: string;
}

export const JSON_TYPE = 'application/json';
export const YAML_TYPE = 'application/yaml';
const PLAIN_JSON: Representation = { format: 'json', as: 'none', apiVersion: '' };
const ACCEPTED = [JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE];
const STREAMED = [JSON_TYPE, PROTOBUF_TYPE].map((type) => `${type};stream=watch`);

/** One alternative of an Accept header. */
export interface MediaRange {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const parsed = new Map<string, readonly MediaRange[]>();
const MAX_PARSED = 256;

/** The alternatives of an Accept header, best first; of two as good, what is named before what is anything. */
export function parseAccept(header: string | undefined): readonly MediaRange[] {
  if (header === undefined || header === '') return [];
  const known = parsed.get(header);
  if (known) return known;
  const ranges = header
    .split(',')
    .map(parseRange)
    .filter(({ quality }) => quality > 0)
    .sort((left, right) => right.quality - left.quality || wildcards(left) - wildcards(right));
  if (parsed.size >= MAX_PARSED) parsed.clear();
  parsed.set(header, ranges);
  return ranges;
}

function parseRange(text: string): MediaRange & { quality: number } {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters: Record<string, string> = {};
  for (const part of rest) {
    const [name = '', value = ''] = part.split('=', 2);
    parameters[name.trim().toLowerCase()] = value.trim();
  }
  const quality = parameters.q === undefined ? 1 : Number(parameters.q);
  return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : quality };
}

function wildcards({ type }: MediaRange): number {
  return type.split('*').length - 1;
}

/** What can be answered with. */
export interface Acceptable {
  /** True for lists, whose partial form has another name. */
  readonly many: boolean;
  /** False for what has no rows: reviews and bindings. Default true. */
  readonly hasTable?: boolean;
  /** False for what has no field numbers. Its metadata alone has them in any case. Default true. */
  readonly hasProtobuf?: boolean;
  /** True for watches, which YAML has no frames for. Default false. */
  readonly streams?: boolean;
}

/**
 * How to answer: by the first of what the client accepts that there is.
 * @throws ApiError NotAcceptable
 */
export function negotiate(accept: string | undefined, acceptable: Acceptable): Representation {
  if (accept === undefined || accept === '') return PLAIN_JSON;
  for (const range of parseAccept(accept)) {
    const format = formatOf(range.type);
    if (format === undefined || !streamIs(range, format)) continue;
    const as = transformationOf(range, acceptable.many);
    if (as === undefined || !isThere(as, format, acceptable)) continue;
    // As Kubernetes: the choice is made before it is seen that there are no frames for it.
    if (acceptable.streams && format === 'yaml') throw notAcceptable(STREAMED);
    if (as === 'none' && format === 'json') return PLAIN_JSON;
    return { format, as, apiVersion: `meta.k8s.io/${range.parameters.v ?? 'v1'}` };
  }
  throw notAcceptable(acceptable.streams ? STREAMED : ACCEPTED);
}

/** Tables are in text only (as Kubernetes). */
function isThere(as: Transformation, format: Format, { hasTable = true, hasProtobuf = true }: Acceptable): boolean {
  if (as === 'table') return hasTable && format !== 'protobuf';
  return as === 'partial' || format !== 'protobuf' || hasProtobuf;
}

/** What a Status is written in: never refused, as it may be the refusal. JSON for who accepts nothing that is whole. */
export function formatOfStatus(accept: string | undefined): Format {
  if (accept === undefined || accept === '') return 'json';
  for (const { type, parameters } of parseAccept(accept)) {
    const format = parameters.as === undefined ? formatOf(type) : undefined;
    if (format !== undefined) return format;
  }
  return 'json';
}

export function notAcceptable(accepted: readonly string[]): ApiError {
  return new ApiError('NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`, {
    details: {},
  });
}

function formatOf(type: string): Format | undefined {
  if (type === JSON_TYPE || type === '*/*' || type === 'application/*') return 'json';
  if (type === PROTOBUF_TYPE) return 'protobuf';
  return type === YAML_TYPE ? 'yaml' : undefined;
}

/** `stream=watch` is all that there is, and not in YAML. */
function streamIs({ parameters: { stream = '' } }: MediaRange, format: Format): boolean {
  return stream === '' || (stream === 'watch' && format !== 'yaml');
}

function transformationOf({ parameters }: MediaRange, many: boolean): Transformation | undefined {
  const { as, g, v } = parameters;
  if (as === undefined) return 'none';
  if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) return undefined;
  if (as === 'Table') return 'table';
  return as === (many ? 'PartialObjectMetadataList' : 'PartialObjectMetadata') ? 'partial' : undefined;
}
