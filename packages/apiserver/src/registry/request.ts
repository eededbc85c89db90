import type { FieldValidation, KubernetesObject } from '@kubelab/api';
import type { TraceContext } from '@kubelab/runtime';
import type { User } from '../authn/user.js';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** What goes with every request through the registry. */
export interface RequestContext {
  readonly user: User;
  /** The span that what is written becomes a child of. */
  readonly trace: TraceContext | undefined;
  /**
   * Aborts when the client is gone or the request's time is up. Ends lists; a read or write of one object is bounded
   * by the storage's own limits, and a write that has been sent is waited for in any case.
   */
  readonly signal?: AbortSignal;
  /** Collects what the answer carries as `Warning` headers. */
  readonly warn: (text: string) => void;
  /** Whom managedFields name as the writer. Default: the apiserver itself. */
  readonly fieldManager?: string;
  /** Adds an annotation to the request's audit event, where there is one. */
  readonly annotate?: (key: string, value: string) => void;
}

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  /** For apply: take fields that other managers own. Default false. */
  readonly force?: boolean;
}

/** A body as it came: decoded where its type is known. */
export interface Body {
  readonly bytes: Buffer;
  /** Without parameters, lower case; "" where the client named none (then JSON). */
  readonly contentType: string;
}

/** An object to answer with, already encoded. Every StoredObject is one; its `object` is parsed when first looked at. */
export interface ObjectAnswer<T extends KubernetesObject = KubernetesObject> {
  readonly object: T;
  readonly encoded: Buffer;
  /** Where it is at hand. */
  readonly encodedWithoutManagedFields?: Buffer;
}

/** What is sent to somebody who can do without managedFields, or cannot. */
export function encodedFor(
  answer: Pick<ObjectAnswer, 'encoded' | 'encodedWithoutManagedFields'>,
  { omitManagedFields }: { omitManagedFields: boolean },
): Buffer {
  return (omitManagedFields ? answer.encodedWithoutManagedFields : undefined) ?? answer.encoded;
}

/** What a write resolves with. */
export interface WriteAnswer {
  readonly answer: ObjectAnswer;
  /** 200, 201, or 202 where what was asked for is still going on. */
  readonly status: 200 | 201 | 202;
  /** Of the object; the server may have made it up. */
  readonly name: string;
}

export function encodeAnswer<T extends KubernetesObject>(object: T): ObjectAnswer<T> {
  return { object, encoded: Buffer.from(JSON.stringify(object)) };
}

export interface Selectors {
  readonly labelSelector: string;
  readonly fieldSelector: string;
}
