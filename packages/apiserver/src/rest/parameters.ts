import {
  ApiError,
  type DeleteOptions,
  type FieldError,
  type FieldValidation,
  invalid,
  notSupported,
} from '@kubelab/api';
import type { ListOptions } from '../registry/list.js';
import type { WriteOptions } from '../registry/request.js';

/** Query parameters, read as Kubernetes reads them. */

const FIELD_VALIDATIONS = ['Ignore', 'Strict', 'Warn'];
const MAX_FIELD_MANAGER_LENGTH = 128;

/** @throws ApiError Invalid; `kind` is the options' (`CreateOptions`). */
export function writeOptionsOf(query: URLSearchParams, kind: string): WriteOptions {
  if (query.size === 0) return { dryRun: false, fieldValidation: 'Warn' };
  const errors: FieldError[] = [];
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.some((value) => value !== 'All')) errors.push(notSupported('dryRun', dryRun, ['All']));
  const fieldValidation = query.get('fieldValidation') || 'Warn';
  if (!FIELD_VALIDATIONS.includes(fieldValidation)) {
    errors.push(notSupported('fieldValidation', fieldValidation, FIELD_VALIDATIONS));
  }
  if ((query.get('fieldManager') ?? '').length > MAX_FIELD_MANAGER_LENGTH) {
    const message = `Too long: may not be more than ${MAX_FIELD_MANAGER_LENGTH} bytes`;
    errors.push({ field: 'fieldManager', type: 'FieldValueTooLong', message });
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', errors);
  return { dryRun: dryRun.length > 0, fieldValidation: fieldValidation as FieldValidation };
}

/** @throws ApiError BadRequest, Invalid */
export function listOptionsOf(query: URLSearchParams, namespace: string, name = ''): ListOptions {
  const match = query.get('resourceVersionMatch') ?? '';
  const options: ListOptions = {
    namespace,
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: name === '' ? (query.get('fieldSelector') ?? '') : `metadata.name=${name}`,
    limit: numberOf(query, 'limit') ?? 0,
    continueToken: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: match as ListOptions['resourceVersionMatch'],
  };
  checkVersion(options.resourceVersion);
  const errors = matchErrors(query, options, match);
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  return options;
}

function matchErrors(query: URLSearchParams, options: ListOptions, match: string): FieldError[] {
  const forbidden = (message: string): FieldError[] => [
    { field: 'resourceVersionMatch', type: 'FieldValueForbidden', message: `Forbidden: ${message}` },
  ];
  if (flagOf(query, 'sendInitialEvents') !== undefined) {
    return isWatch(query)
      ? []
      : [
          {
            field: 'sendInitialEvents',
            type: 'FieldValueForbidden',
            message: 'Forbidden: sendInitialEvents is forbidden for list',
          },
        ];
  }
  if (match === '') return [];
  if (isWatch(query))
    return forbidden('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
  if (options.resourceVersion === '')
    return forbidden('resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (options.continueToken !== '') return forbidden('resourceVersionMatch is forbidden when continue is provided');
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    return [notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan'])];
  }
  if (match === 'Exact' && options.resourceVersion === '0') {
    return forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
  return [];
}

function checkVersion(resourceVersion: string): void {
  if (resourceVersion === '' || /^\d+$/.test(resourceVersion)) return;
  throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
    {
      field: 'resourceVersion',
      type: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(resourceVersion)}: strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`,
    },
  ]);
}

export function isWatch(query: URLSearchParams): boolean {
  return flagOf(query, 'watch') === true;
}

/** Undefined where it is absent. `watch`, `watch=1` and `watch=true` are all true. @throws ApiError BadRequest */
export function flagOf(query: URLSearchParams, name: string): boolean | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  if (value === '' || value === 'true' || value === '1' || value === 'True' || value === 't') return true;
  if (value === 'false' || value === '0' || value === 'False' || value === 'f') return false;
  throw badParameter(name, value);
}

/** @throws ApiError BadRequest where it is not a whole number */
export function numberOf(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^-?\d{1,15}$/.test(value) || (name !== 'gracePeriodSeconds' && value.startsWith('-')))
    throw badParameter(name, value);
  return Number(value);
}

function badParameter(name: string, value: string): ApiError {
  return new ApiError('BadRequest', `invalid value ${JSON.stringify(value)} of query parameter ${name}`);
}

/** DeleteOptions of the body, or else of the query. @throws ApiError BadRequest */
export function mergeDeleteOptions(body: DeleteOptions | undefined, query: URLSearchParams): DeleteOptions {
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  const propagationPolicy = query.get('propagationPolicy');
  const gracePeriodSeconds = numberOf(query, 'gracePeriodSeconds');
  const orphanDependents = flagOf(query, 'orphanDependents');
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy ? { propagationPolicy } : {}),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(dryRun.length > 0 ? { dryRun } : {}),
    ...body,
  };
}
