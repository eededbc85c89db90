import type { Storage } from '../../storage/storage.js';
import type { ServiceRanges } from '../ranges/service-ranges.js';
import type { RegisteredHook } from '../registry.js';
import { ipAddressHook } from './ip-address.js';
import { namespaceHook } from './namespace.js';
import { serviceHook } from './service.js';

/** The kinds that need more than a strategy, one line each. */
export function kindHooks(storage: Storage, ranges: ServiceRanges): readonly RegisteredHook[] {
  return [namespaceHook, serviceHook(ranges), ipAddressHook(storage, ranges)] as unknown as readonly RegisteredHook[];
}
