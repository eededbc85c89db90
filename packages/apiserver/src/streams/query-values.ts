import { ApiError } from '@kubelab/api';

/** Kubernetes' conversion of queries takes anything for true that is not `false` or `0`. */
export function booleanOf(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)?.toLowerCase();
  return value !== undefined && value !== 'false' && value !== '0';
}

/** Undefined where it is absent. @throws ApiError BadRequest */
export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badNumber(text, 'invalid syntax');
  if (BigInt.asIntN(64, BigInt(text.replace('+', ''))) !== BigInt(text.replace('+', ''))) {
    throw badNumber(text, 'value out of range');
  }
  return Number(text);
}

function badNumber(text: string, why: string): ApiError {
  return new ApiError('BadRequest', `strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:\d\d)$/;

/** RFC 3339, as it came; "" where it is absent. @throws ApiError BadRequest */
export function timeOf(query: URLSearchParams, name: string): string {
  const text = query.get(name) ?? '';
  if (text === '' || text === 'null') return '';
  if (RFC_3339.test(text) && !Number.isNaN(Date.parse(text))) return text;
  const quoted = JSON.stringify(text);
  throw new ApiError(
    'BadRequest',
    `parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoted} as "2006"`,
  );
}
