export type * from './api-client.js';
export type * from './informer.js';
export type * from './reconciler.js';
