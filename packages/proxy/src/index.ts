export type { Backend, BackendOptions } from './backend/backend.js';
export { type Execute, execute } from './backend/execute.js';
export { createIptablesBackend } from './backend/iptables/iptables.js';
export { createNftablesBackend } from './backend/nftables/nftables.js';
export { planService } from './plan.js';
export type { EndpointAddress, Frontend, ServiceRules } from './rule-model.js';
