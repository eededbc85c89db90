import {
  ApiError,
  type DeleteOptions,
  type FieldError,
  type FieldValidation,
  invalid,
  notSupported,
  validateFieldManager,
} from '@kubelab/api';
import { parseDuration } from '@kubelab/runtime';
import { applyErrors } from '../registry/field-manager.js';
import type { ListOptions } from '../registry/list.js';
import type { WriteOptions } from '../registry/request.js';
import type { WatchOptions } from '../registry/watch.js';
import { booleanOf, integerOf } from '../streams/query-values.js';

/** Query parameters, read as Kubernetes reads them. */

const FIELD_VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn'];
const MATCH = 'resourceVersionMatch';
const FORBIDDEN_WITH_CONTINUE = 'resourceVersionMatch is forbidden when continue is provided';

/** @throws ApiError Invalid; `kind` is the options' (`CreateOptions`), `isApply` of a patch that it is applied. */
export function writeOptionsOf(query: URLSearchParams, kind: string, isApply = false): WriteOptions {
  if (query.size === 0 && !isApply) return { dryRun: false, fieldValidation: 'Warn' };
  const fieldManager = query.get('fieldManager') ?? '';
  const force = kind === 'PatchOptions' ? flagOf(query, 'force') : undefined;
  const errors: FieldError[] = [
    ...applyErrors(isApply, fieldManager, force),
    ...validateFieldManager(fieldManager, 'fieldManager'),
  ];
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.some((value) => value !== 'All')) errors.push(notSupported('dryRun', dryRun, ['All']));
  const fieldValidation = query.get('fieldValidation') || 'Warn';
  if (!FIELD_VALIDATIONS.includes(fieldValidation)) {
    errors.push(notSupported('fieldValidation', fieldValidation, FIELD_VALIDATIONS));
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', errors);
  return {
    dryRun: dryRun.length > 0,
    fieldValidation: fieldValidation as FieldValidation,
    ...(force === undefined ? {} : { force }),
  };
}

/** @throws ApiError BadRequest, Invalid */
export function listOptionsOf(query: URLSearchParams, namespace: string): ListOptions {
  const match = query.get('resourceVersionMatch') ?? '';
  const options: ListOptions = {
    namespace,
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    limit: integerOf(query, 'limit') ?? 0,
    continueToken: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: match as ListOptions['resourceVersionMatch'],
  };
  refuse(listErrors(query, options, match));
  return options;
}

/** `name` is "" unless the URL names one object. @throws ApiError BadRequest, Invalid */
export function watchOptionsOf(query: URLSearchParams, namespace: string, name: string): WatchOptions {
  const match = query.get('resourceVersionMatch') ?? '';
  const sendInitialEvents = flagOf(query, 'sendInitialEvents');
  refuse(watchErrors(query, match, sendInitialEvents));
  const resourceVersion = query.get('resourceVersion') ?? '';
  // Whoever begins with what is there is told where that ends, asked for or not (Kubernetes since 1.32).
  const begins = resourceVersion === '' || resourceVersion === '0';
  return {
    namespace,
    name,
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    resourceVersion,
    sendInitialEvents: sendInitialEvents ?? (begins || undefined),
  };
}

function listErrors(query: URLSearchParams, options: ListOptions, match: string): FieldError[] {
  const errors: FieldError[] = [];
  if (match !== '') {
    if (options.resourceVersion === '') {
      errors.push(forbidden(MATCH, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    }
    if (options.continueToken !== '') errors.push(forbidden(MATCH, FORBIDDEN_WITH_CONTINUE));
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      errors.push(notSupported(MATCH, match, ['Exact', 'NotOlderThan', '']));
    }
    if (match === 'Exact' && options.resourceVersion === '0') {
      errors.push(forbidden(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
    }
  }
  if (flagOf(query, 'sendInitialEvents') !== undefined) {
    errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  return errors;
}

function watchErrors(query: URLSearchParams, match: string, sendInitialEvents: boolean | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    errors.push(forbidden(MATCH, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  }
  if (match === '') return errors;
  if (sendInitialEvents === undefined) {
    errors.push(forbidden(MATCH, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
  }
  if (match !== 'NotOlderThan') errors.push(notSupported(MATCH, match, ['NotOlderThan']));
  if (query.get('continue')) errors.push(forbidden(MATCH, FORBIDDEN_WITH_CONTINUE));
  return errors;
}

function forbidden(field: string, why: string): FieldError {
  return { field, type: 'FieldValueForbidden', message: `Forbidden: ${why}` };
}

function refuse(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
}

/**
 * How long the request may take: `limitMs`, or less where its `timeout` says so.
 * @throws ApiError BadRequest for a timeout that is no duration
 */
export function requestTimeoutOf(query: URLSearchParams, limitMs = 60_000): number {
  const text = query.get('timeout') ?? '';
  if (text === '') return limitMs;
  try {
    return Math.min(parseDuration(text), limitMs) || limitMs;
  } catch (cause) {
    const hasUnit = !/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text);
    const why = `time: ${hasUnit ? 'invalid duration' : 'missing unit in duration'} ${JSON.stringify(text)}`;
    throw new ApiError('BadRequest', `invalid timeout specified in the request URL - ${why}`, { cause });
  }
}

export function isWatch(query: URLSearchParams): boolean {
  return flagOf(query, 'watch') === true;
}

/** Undefined where it is absent; anything but `false` and `0` is true (as {@link booleanOf}). */
export function flagOf(query: URLSearchParams, name: string): boolean | undefined {
  return query.has(name) ? booleanOf(query, name) : undefined;
}

/** DeleteOptions of the body, or else of the query. @throws ApiError BadRequest */
export function mergeDeleteOptions(body: DeleteOptions | undefined, query: URLSearchParams): DeleteOptions {
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  const propagationPolicy = query.get('propagationPolicy');
  const gracePeriodSeconds = integerOf(query, 'gracePeriodSeconds');
  const orphanDependents = flagOf(query, 'orphanDependents');
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy ? { propagationPolicy } : {}),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(dryRun.length > 0 ? { dryRun } : {}),
    ...body,
  };
}
