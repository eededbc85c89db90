import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { ApiserverOptions } from '../options.js';
import { openAuditLog } from './audit-log.js';
import { type Auditor, createAuditor } from './auditor.js';
import { LOG_FORMATS } from './event.js';
import type { AuditPolicy } from './policy.js';
import { readAuditPolicy } from './read-policy.js';

/**
 * The auditor that the options ask for; undefined for none.
 * @throws Error for a policy that is wrong, and files that cannot be read or written
 */
export async function auditorOf(options: ApiserverOptions, log: Logger): Promise<Auditor | undefined> {
  const { auditPolicyFile, auditLogPath, auditLogFormat } = options;
  const format = LOG_FORMATS.find((known) => known === auditLogFormat);
  if (format === undefined) {
    throw new Error(`invalid audit log format ${auditLogFormat}, allowed formats are "${LOG_FORMATS.join(',')}"`);
  }
  if (auditPolicyFile === undefined) {
    if (auditLogPath !== undefined) log.warn('no --audit-policy-file: nothing will be audited');
    return undefined;
  }
  const policy = await policyFrom(auditPolicyFile);
  if (auditLogPath === undefined) {
    log.warn('no --audit-log-path: nothing will be audited');
    return undefined;
  }
  const auditLog = openAuditLog({
    path: auditLogPath,
    maxSizeMebibytes: options.auditLogMaxsize,
    maxBackups: options.auditLogMaxbackup,
    maxAgeDays: options.auditLogMaxage,
    onError: (error) => log.error({ error }, 'audit events could not be written'),
  });
  return createAuditor({ policy, log: auditLog, format });
}

async function policyFrom(path: string): Promise<AuditPolicy> {
  try {
    return readAuditPolicy(await readFile(path, 'utf8'));
  } catch (error) {
    throw new Error(`loading audit policy file ${path}: ${(error as Error).message}`, { cause: error });
  }
}
