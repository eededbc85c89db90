import type { OptionSpecification, Options } from './options.js';

/** The flags of every process. */
export const commonOptions = {
  'log-level': {
    kind: 'string',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
    help: 'how much to log',
  },
  'metrics-address': {
    kind: 'string',
    help: 'HOST:PORT that serves /metrics, /healthz, /livez and /readyz over HTTP; absent: not served',
  },
  'otlp-endpoint': {
    kind: 'string',
    help: 'URL of an OpenTelemetry collector (OTLP over HTTP) that spans are also sent to',
  },
} as const satisfies OptionSpecification;

export type CommonOptions = Options<typeof commonOptions>;

/** The flags of every client of the apiserver. */
export const clientOptions = {
  apiserver: { kind: 'list', required: true, help: "HOST:PORT of the apiservers' gRPC, the first one preferred" },
  'ca-file': { kind: 'string', required: true, help: "PEM file with the cluster's certificate authority" },
  'cert-file': { kind: 'string', required: true, help: "PEM file with this component's certificate" },
  'key-file': { kind: 'string', required: true, help: "PEM file with this component's private key" },
} as const satisfies OptionSpecification;

export type ClientOptions = Options<typeof clientOptions>;
