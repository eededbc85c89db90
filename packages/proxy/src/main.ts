import { parseOptions, runComponent } from '@kubelab/runtime';
import { createIptablesBackend } from './backend/iptables/iptables.js';
import { createNftablesBackend } from './backend/nftables/nftables.js';
import { proxyOptions } from './options.js';
import { createProxy } from './proxy.js';

const options = parseOptions(process.argv.slice(2), proxyOptions);
const proxy = createProxy(options, { nftables: createNftablesBackend, iptables: createIptablesBackend });
await runComponent(proxy, options);
