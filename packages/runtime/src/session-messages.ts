/** The messages of proto/kubelab/v1/api.proto as {@link loadProto} reads and writes them. */

export interface TargetMessage {
  group: string;
  version: string;
  resource: string;
  namespace: string;
  name: string;
  subresource: string;
}

export interface GetMessage {
  target: TargetMessage;
  resourceVersion: string;
  traceparent: string;
}

export interface ListMessage {
  target: TargetMessage;
  labelSelector: string;
  fieldSelector: string;
  limit: number;
  continueToken: string;
  resourceVersion: string;
  resourceVersionMatch: string;
  traceparent: string;
  /** The answer may leave out the objects' managedFields. */
  omitManagedFields: boolean;
}

export interface CreateMessage {
  target: TargetMessage;
  object: Buffer;
  dryRun: boolean;
  fieldManager: string;
  traceparent: string;
}

export type UpdateMessage = CreateMessage;

export interface PatchMessage {
  target: TargetMessage;
  patch: Buffer;
  patchType: string;
  force: boolean;
  dryRun: boolean;
  fieldManager: string;
  traceparent: string;
}

export interface DeleteMessage {
  target: TargetMessage;
  /** DeleteOptions as JSON, or empty. */
  options: Buffer;
  traceparent: string;
}

export interface DeleteCollectionMessage extends DeleteMessage {
  labelSelector: string;
  fieldSelector: string;
}

export interface WatchMessage {
  target: TargetMessage;
  labelSelector: string;
  fieldSelector: string;
  resourceVersion: string;
  allowBookmarks: boolean;
  sendInitialEvents: boolean;
  timeoutSeconds: number;
  traceparent: string;
  /** The events may leave out the objects' managedFields. */
  omitManagedFields: boolean;
}

export interface SpanMessage {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  component: string;
  name: string;
  /** A string is sent exactly; a number is what arrives, good to a microsecond. */
  startUnixNano: number | string;
  endUnixNano: number | string;
  error: string;
  attributes: Record<string, string>;
}

interface Requests {
  get: GetMessage;
  list: ListMessage;
  create: CreateMessage;
  update: UpdateMessage;
  patch: PatchMessage;
  delete: DeleteMessage;
  deleteCollection: DeleteCollectionMessage;
  watch: WatchMessage;
  cancel: Record<string, never>;
  spans: { spans: SpanMessage[] };
}

/** One field of the oneof, and `request` naming it. */
export type SessionRequestMessage = {
  [Name in keyof Requests]: { id: number; request: Name } & { [Field in Name]: Requests[Field] };
}[keyof Requests];

/** As {@link SessionRequestMessage}, for who writes one: the name of the oneof is not sent. */
export type SessionRequestBody = { [Name in keyof Requests]: { [Field in Name]: Requests[Field] } }[keyof Requests];

export interface WatchEventMessage {
  type: string;
  object: Buffer;
  traceparent: string;
}

interface Responses {
  object: { object: Buffer };
  event: WatchEventMessage;
  failure: { status: Buffer };
  done: Record<string, never>;
}

/** One field of the oneof, and `response` naming it. */
export type SessionResponseMessage = {
  [Name in keyof Responses]: { id: number; response: Name } & { [Field in Name]: Responses[Field] };
}[keyof Responses];

/** A message that may hold several in its place, in order. */
export type Packed<M> = M & { readonly packed?: readonly M[] };
