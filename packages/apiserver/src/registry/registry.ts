import type { DeleteOptions, KubernetesObject, ObjectKey, ResourceType } from '@kubelab/api';
import type { AdmissionChain } from '../admission/admission.js';
import type { ListPage, Storage } from '../storage/storage.js';
import { createObject } from './create.js';
import { deleteObject } from './delete.js';
import { deleteCollection } from './delete-collection.js';
import { getObject } from './get.js';
import type { KindHook } from './hooks/kind-hook.js';
import { type ListOptions, listObjects } from './list.js';
import { notServed } from './not-served.js';
import { patchObject } from './patch.js';
import type { Body, ObjectAnswer, RequestContext, WriteAnswer, WriteOptions } from './request.js';
import type { Scope } from './scope.js';
import type { RegisteredSubresource, SubresourceVerbs } from './subresources/subresource.js';
import { Turns } from './turns.js';
import { updateObject } from './update.js';
import { isView, viewStorage } from './view-storage.js';
import type { VirtualResource } from './virtual/virtual-resource.js';
import { type Watch, type WatchOptions, watchObjects } from './watch.js';

export interface RegistryOptions {
  readonly storage: Storage;
  readonly resources: readonly ResourceType[];
  readonly admission: AdmissionChain;
  readonly hooks: readonly RegisteredHook[];
  readonly subresources: readonly RegisteredSubresource[];
  readonly virtual: readonly VirtualResource[];
  /** For kinds that expire, instead of their own strategy's. Seconds. */
  readonly timeToLiveSeconds?: number;
  readonly nowMs?: () => number;
}

export type RegisteredHook = KindHook<never> & {
  readonly resource: { readonly group: string; readonly plural: string };
};

/** Which subresource a verb is of; "" for the object itself. */
export interface Target {
  readonly resource: ResourceType;
  readonly key: ObjectKey;
  readonly subresource: string;
}

/**
 * Every kind's verbs, driven by the resource table: what both faces call once
 * they know who asks and that he may. Failures are ApiErrors.
 */
export interface Registry {
  scope<T extends KubernetesObject>(resource: ResourceType<T>): Scope<T>;
  get(target: Target, resourceVersion: string): Promise<ObjectAnswer>;
  list(resource: ResourceType, options: ListOptions, context: RequestContext): Promise<ListPage>;
  watch(resource: ResourceType, options: WatchOptions, signal: AbortSignal): Watch;
  create(target: Target, body: Body, options: WriteOptions, context: RequestContext): Promise<WriteAnswer>;
  update(target: Target, body: Body, options: WriteOptions, context: RequestContext): Promise<WriteAnswer>;
  patch(target: Target, body: Body, options: WriteOptions, context: RequestContext): Promise<WriteAnswer>;
  delete(target: Target, options: DeleteOptions, context: RequestContext): Promise<WriteAnswer>;
  deleteCollection(
    resource: ResourceType,
    listOptions: ListOptions,
    options: DeleteOptions,
    context: RequestContext,
  ): Promise<ListPage>;
}

export function createRegistry(options: RegistryOptions): Registry {
  const scopes = new Map<ResourceType, Scope>();
  for (const resource of options.resources) {
    if (resource.stored !== false) scopes.set(resource, createScope(resource, options));
  }

  function scope<T extends KubernetesObject>(resource: ResourceType<T>): Scope<T> {
    const found = scopes.get(resource as unknown as ResourceType);
    if (found === undefined) throw notServed();
    return found as unknown as Scope<T>;
  }

  const virtual = new Map(options.virtual.map((one) => [one.resource, one]));
  const ownVerbs = subresourceFinder(options.subresources);

  return {
    scope,
    async get({ resource, key, subresource }, resourceVersion) {
      const of = virtual.get(resource);
      if (of !== undefined) return orNotServed(of.get)(key);
      const verbs = ownVerbs(resource, subresource);
      if (verbs !== undefined) return orNotServed(verbs.get)(scope(resource), key);
      if (isPartOfObject(subresource)) return getObject(scope(resource), key, resourceVersion);
      throw notServed();
    },
    async list(resource, listOptions, context) {
      const of = virtual.get(resource);
      if (of !== undefined) return orNotServed(of.list)(listOptions, context);
      return listObjects(scope(resource), listOptions, context);
    },
    watch: (resource, watchOptions, signal) => watchObjects(scope(resource), watchOptions, signal),
    async create({ resource, key, subresource }, body, writeOptions, context) {
      const of = virtual.get(resource);
      if (of !== undefined) return orNotServed(of.create)(key, body, writeOptions, context);
      if (subresource === '') return createObject(scope(resource), key, body, writeOptions, context);
      const verbs = ownVerbs(resource, subresource);
      return orNotServed(verbs?.create)(scope(resource), key, body, writeOptions, context);
    },
    async update({ resource, key, subresource }, body, writeOptions, context) {
      const verbs = ownVerbs(resource, subresource);
      if (verbs !== undefined) return orNotServed(verbs.update)(scope(resource), key, body, writeOptions, context);
      return updateObject(scope(resource), key, subresource, body, writeOptions, context);
    },
    async patch({ resource, key, subresource }, body, writeOptions, context) {
      const verbs = ownVerbs(resource, subresource);
      if (verbs !== undefined) return orNotServed(verbs.patch)(scope(resource), key, body, writeOptions, context);
      return patchObject(scope(resource), key, subresource, body, writeOptions, context);
    },
    delete: ({ resource, key }, deleteOptions, context) => deleteObject(scope(resource), key, deleteOptions, context),
    deleteCollection: (resource, listOptions, deleteOptions, context) =>
      deleteCollection(scope(resource), listOptions, deleteOptions, context),
  };
}

/** The object itself, or its status, which is read as a whole. */
function isPartOfObject(subresource: string): boolean {
  return subresource === '' || subresource === 'status';
}

function subresourceFinder(registered: readonly RegisteredSubresource[]) {
  return (resource: ResourceType, name: string): SubresourceVerbs | undefined => {
    if (name === '') return undefined;
    const found = registered.find(
      (one) =>
        one.name === name &&
        (one.resource === undefined ||
          (one.resource.group === resource.group && one.resource.plural === resource.plural)),
    );
    return found?.verbs;
  };
}

/** @throws ApiError NotFound for a verb that is not there */
function orNotServed<F>(verb: F | undefined): F {
  if (verb === undefined) throw notServed();
  return verb;
}

function createScope(resource: ResourceType, options: RegistryOptions): Scope {
  const { storage, admission, hooks, timeToLiveSeconds, nowMs = Date.now } = options;
  const hook = hooks.find(({ resource: { group, plural } }) => group === resource.group && plural === resource.plural);
  // A hook works on what is stored; it would be given the view's shape here.
  if (hook && isView(resource)) throw new TypeError(`${resource.plural} has a hook and can have no other version`);
  const expires = resource.strategy.timeToLiveSeconds;
  return {
    resource,
    storage: isView(resource)
      ? viewStorage(resource, storage.forResource(resource.view.of))
      : storage.forResource(resource),
    admission,
    hook: hook as KindHook | undefined,
    timeToLiveSeconds: expires === undefined ? undefined : (timeToLiveSeconds ?? expires),
    nowMs,
    turns: new Turns(),
  };
}
