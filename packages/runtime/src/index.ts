export * from './component.js';
export * from './health.js';
export * from './trace-context.js';
export * from './tracer.js';
