import { readFileSync } from 'node:fs';

const STATE_LISTEN = '0A';

/** The TCP ports that anything listens on in the network namespace of the process, by IPv4 and IPv6. */
export function listeningPorts(pid: number | 'self'): Set<number> {
  const ports = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === STATE_LISTEN)
      .map((fields) => Number.parseInt(fields[1]?.split(':')[1] ?? '', 16)),
  );
  return new Set(ports);
}
