import type { Bench } from './bench.js';
import { apply } from './benches/apply.js';
import { capacity } from './benches/capacity.js';
import { memory } from './benches/memory.js';
import { pods } from './benches/pods.js';
import { rest } from './benches/rest.js';
import { services } from './benches/services.js';
import { start } from './benches/start.js';
import { tracing } from './benches/tracing.js';
import { watch } from './benches/watch.js';

/** Everything that `npm run bench` measures, in its order. */
export const benches: readonly Bench[] = [start, pods, rest, apply, watch, memory, capacity, services, tracing];
