export { type ApiserverParts, createApiserver, type ListeningPorts } from './app.js';
export { type ApiserverOptions, apiserverOptions, parseApiserverOptions } from './options.js';
export type { StreamHandlers, StreamRequest } from './streams/stream-handlers.js';
