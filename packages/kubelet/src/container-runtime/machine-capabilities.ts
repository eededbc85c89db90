import { readFileSync } from 'node:fs';

/** Linux capabilities in the order of their bits (linux/capability.h). */
const CAPABILITY_NAMES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
] as const;

/** What containers can be given on this machine. */
export interface MachineCapabilities {
  /** Those that its kernel knows and that nothing here can have, without CAP_. */
  readonly missing: readonly string[];
  /** CAP_SYS_RESOURCE: without it a container with a negative score fails to start. */
  readonly mayLowerOomScore: boolean;
}

/** Reads the bounding set of process 1: what nothing started from it, the engine included, can exceed. */
export function readMachineCapabilities(
  statusFile = '/proc/1/status',
  lastCapabilityFile = '/proc/sys/kernel/cap_last_cap',
): MachineCapabilities {
  const match = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync(statusFile, 'utf8'));
  return fromBoundingSet(BigInt(`0x${match?.[1] ?? '0'}`), Number(readFileSync(lastCapabilityFile, 'utf8')));
}

/** `lastBit`: of the newest capability that the kernel knows. */
export function fromBoundingSet(bits: bigint, lastBit: number): MachineCapabilities {
  const missing = CAPABILITY_NAMES.filter((_, index) => index <= lastBit && ((bits >> BigInt(index)) & 1n) === 0n);
  return { missing, mayLowerOomScore: !missing.includes('SYS_RESOURCE') };
}
