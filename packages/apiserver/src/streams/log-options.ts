import { type FieldError, invalid } from '@kubelab/api';
import type { LogsRequestMessage } from './kubelet/messages.js';
import { booleanOf, integerOf, timeOf } from './query-values.js';

export type LogOptions = Omit<LogsRequestMessage, 'target' | 'traceparent'>;

const STREAMS = ['All', 'Stderr', 'Stdout'];

/**
 * PodLogOptions, from a query. `pretty` changes nothing of plain text, and
 * `insecureSkipTLSVerifyBackend` is not heeded: every kubelet must prove itself.
 * @throws ApiError BadRequest for what is no number or time, Invalid for what makes no sense
 */
export function readLogOptions(query: URLSearchParams, podName: string): LogOptions {
  const options: LogOptions = {
    follow: booleanOf(query, 'follow'),
    previous: booleanOf(query, 'previous'),
    timestamps: booleanOf(query, 'timestamps'),
    tailLines: integerOf(query, 'tailLines'),
    sinceSeconds: integerOf(query, 'sinceSeconds'),
    sinceTime: timeOf(query, 'sinceTime'),
    limitBytes: integerOf(query, 'limitBytes'),
    stream: query.get('stream') ?? '',
  };
  const errors = [...validate(options)];
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, podName, errors);
  return options;
}

function* validate({ tailLines, limitBytes, sinceSeconds, sinceTime, stream }: LogOptions): Generator<FieldError> {
  if (tailLines !== undefined && tailLines < 0) {
    yield wrong('tailLines', tailLines, 'must be greater than or equal to 0');
  }
  if (limitBytes !== undefined && limitBytes < 1) yield wrong('limitBytes', limitBytes, 'must be greater than 0');
  if (sinceSeconds !== undefined && sinceTime !== '') {
    yield forbidden('at most one of `sinceTime` or `sinceSeconds` may be specified');
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    yield wrong('sinceSeconds', sinceSeconds, 'must be greater than 0');
  }
  if (stream !== '' && !STREAMS.includes(stream)) {
    const supported = STREAMS.map((name) => JSON.stringify(name)).join(', ');
    const message = `Unsupported value: ${JSON.stringify(stream)}: supported values: ${supported}`;
    yield { field: 'stream', type: 'FieldValueNotSupported', message };
  } else if (stream !== '' && stream !== 'All' && tailLines !== undefined) {
    yield forbidden('`tailLines` and specific `stream` are mutually exclusive for now');
  }
}

function wrong(field: string, value: number, why: string): FieldError {
  return { field, type: 'FieldValueInvalid', message: `Invalid value: ${value}: ${why}` };
}

/** Of no one field. */
function forbidden(why: string): FieldError {
  return { field: '', type: 'FieldValueForbidden', message: `Forbidden: ${why}` };
}
