export interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path';
  readonly type: 'string' | 'integer' | 'boolean';
  readonly description: string;
  readonly required: boolean;
}

function query(name: string, type: Parameter['type'], description: string): Parameter {
  return { name, in: 'query', type, description, required: false };
}

const dryRun = query('dryRun', 'string', 'All: everything is done and answered as usual, but nothing is stored.');
const fieldManager = query('fieldManager', 'string', 'Who makes this change, at most 128 printable characters.');
const fieldValidation = query(
  'fieldValidation',
  'string',
  'What becomes of unknown and duplicate fields. Ignore: they are dropped. Warn, the default: they are dropped with a warning each. Strict: the request is refused.',
);
const force = query('force', 'boolean', 'For apply patches: take over fields that others manage.');
const resourceVersion = query('resourceVersion', 'string', 'How fresh the answer must be; 0 is as fresh as any.');
const resourceVersionMatch = query(
  'resourceVersionMatch',
  'string',
  'NotOlderThan or Exact: what resourceVersion means for a list.',
);
const labelSelector = query('labelSelector', 'string', 'Only objects whose labels match; everything by default.');
const fieldSelector = query('fieldSelector', 'string', 'Only objects whose fields match; everything by default.');
const limit = query('limit', 'integer', 'The most objects to answer at once; the rest follows with continue.');
const continueToken = query('continue', 'string', 'Where an earlier answer with a limit left off.');
const timeoutSeconds = query('timeoutSeconds', 'integer', 'How long a list or watch may take.');
const watch = query('watch', 'boolean', 'Answer with a stream of changes after resourceVersion.');
const allowWatchBookmarks = query('allowWatchBookmarks', 'boolean', 'A watch may send bookmarks of its progress.');
const sendInitialEvents = query('sendInitialEvents', 'boolean', 'A watch begins with the objects that there are.');
const gracePeriodSeconds = query(
  'gracePeriodSeconds',
  'integer',
  'Seconds until deletion; 0 is at once, the default is up to the kind.',
);
const propagationPolicy = query(
  'propagationPolicy',
  'string',
  'What becomes of dependents: Orphan, Background or Foreground.',
);
const orphanDependents = query('orphanDependents', 'boolean', 'Deprecated: use propagationPolicy.');
const pretty = query('pretty', 'string', 'true: indent the answer.');

const listing = [
  labelSelector,
  fieldSelector,
  limit,
  continueToken,
  resourceVersion,
  resourceVersionMatch,
  timeoutSeconds,
  sendInitialEvents,
];
const writing = [dryRun, fieldManager, fieldValidation];
const deleting = [dryRun, gracePeriodSeconds, propagationPolicy, orphanDependents];

const QUERY_PARAMETERS: Readonly<Record<string, readonly Parameter[]>> = {
  list: [...listing, watch, allowWatchBookmarks, pretty],
  deletecollection: [...listing, ...deleting, pretty],
  create: [...writing, pretty],
  replace: [...writing, pretty],
  // kubectl asks here whether the server knows fieldValidation and dryRun.
  patch: [...writing, force, pretty],
  delete: [...deleting, pretty],
};

/** The query parameters that an operation understands. */
export function queryParameters(operation: string): readonly Parameter[] {
  return QUERY_PARAMETERS[operation] ?? [pretty];
}

/** One for each `{name}` in a path. */
export function pathParameters(path: string): Parameter[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  return names.map((name) => ({
    name,
    in: 'path',
    type: 'string',
    description: name === 'namespace' ? 'The namespace.' : "The object's name.",
    required: true,
  }));
}
