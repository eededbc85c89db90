import { ApiError } from '@kubelab/api';

/** What the client wants instead of the object itself. */
export type Transformation = 'none' | 'table' | 'partial';

export interface Representation {
  readonly format: 'json' | 'yaml';
  readonly as: Transformation;
  /** Of the Table or PartialObjectMetadata: `meta.k8s.io/v1`. */
  readonly apiVersion: string;
}

export const JSON_TYPE = 'application/json';
export const YAML_TYPE = 'application/yaml';
const PLAIN_JSON: Representation = { format: 'json', as: 'none', apiVersion: '' };
const ACCEPTED = [JSON_TYPE, YAML_TYPE];

/** One alternative of an Accept header. */
export interface MediaRange {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const parsed = new Map<string, readonly MediaRange[]>();
const MAX_PARSED = 256;

/** The alternatives of an Accept header, best first (RFC 9110, section 12.5.1). */
export function parseAccept(header: string | undefined): readonly MediaRange[] {
  if (header === undefined || header === '') return [];
  const known = parsed.get(header);
  if (known) return known;
  const ranges = header
    .split(',')
    .map(parseRange)
    .filter(({ quality }) => quality > 0)
    .sort((left, right) => right.quality - left.quality);
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

/**
 * How to answer. `many` is true for lists, whose partial form has another name.
 * Go clients that would rather have protobuf name JSON as their second choice.
 * `hasTable` is false for what has no rows: reviews and bindings.
 * @throws ApiError NotAcceptable
 */
export function negotiate(accept: string | undefined, many: boolean, hasTable = true): Representation {
  if (accept === undefined || accept === '') return PLAIN_JSON;
  for (const range of parseAccept(accept)) {
    const format = formatOf(range.type);
    if (format === undefined) continue;
    const as = transformationOf(range, many);
    if (as === undefined || (as === 'table' && !hasTable)) continue;
    if (as === 'none' && format === 'json') return PLAIN_JSON;
    return { format, as, apiVersion: `meta.k8s.io/${range.parameters.v ?? 'v1'}` };
  }
  throw notAcceptable();
}

export function notAcceptable(accepted: readonly string[] = ACCEPTED): ApiError {
  return new ApiError('NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`, {
    details: {},
  });
}

function formatOf(type: string): 'json' | 'yaml' | undefined {
  if (type === JSON_TYPE || type === '*/*' || type === 'application/*') return 'json';
  return type === YAML_TYPE ? 'yaml' : undefined;
}

function transformationOf({ parameters }: MediaRange, many: boolean): Transformation | undefined {
  const { as, g, v } = parameters;
  if (as === undefined) return 'none';
  if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) return undefined;
  if (as === 'Table') return 'table';
  return as === (many ? 'PartialObjectMetadataList' : 'PartialObjectMetadata') ? 'partial' : undefined;
}
