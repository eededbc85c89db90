import { type DestinationStream, type Logger, type LoggerOptions, pino, stdSerializers } from 'pino';

export interface LogOptions {
  readonly component: string;
  readonly instance?: string;
  /** Default `info`. */
  readonly level?: string;
  /** Coloured lines for a person instead of JSON. Default: stdout is a terminal. */
  readonly pretty?: boolean;
}

/**
 * A logger to stdout, one JSON object a line, written synchronously so that a
 * crash loses nothing. The printer for people is loaded only where it is used.
 */
export async function createLogger(options: LogOptions): Promise<Logger> {
  const { component, instance, level = 'info', pretty = process.stdout.isTTY === true } = options;
  const settings: LoggerOptions = {
    level,
    base: { component, ...(instance === undefined ? {} : { instance }) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: stdSerializers.err, error: stdSerializers.err },
  };
  return pino(settings, pretty ? await prettyStream() : pino.destination({ dest: 1, sync: true }));
}

async function prettyStream(): Promise<DestinationStream> {
  const { PinoPretty } = await import('pino-pretty');
  return PinoPretty({ sync: true, translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname,component,instance' });
}
