import { get } from 'node:http';

/** `healthy` when it answered 200; else `message` says what it answered, or why it did not. */
export interface ProbeResult {
  readonly answered: boolean;
  readonly healthy: boolean;
  readonly message: string;
}

/** One GET. Never rejects; an answer that takes longer than `timeoutMs` (default 1,000) is none. */
export function probe(url: string, timeoutMs = 1_000): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: timeoutMs }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (body.length < 4_096) body += chunk;
      });
      response.on('end', () =>
        resolve({ answered: true, healthy: response.statusCode === 200, message: summary(body) }),
      );
      response.on('error', (error) => resolve({ answered: false, healthy: false, message: error.message }));
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', (error) => resolve({ answered: false, healthy: false, message: error.message }));
  });
}

/** Of a failed check list the lines that failed. */
function summary(body: string): string {
  const failed = body.split('\n').filter((line) => line.startsWith('[-]'));
  return (failed.length > 0 ? failed.join('; ') : body.trim()).slice(0, 200);
}
