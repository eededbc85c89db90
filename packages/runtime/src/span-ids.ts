import { randomFillSync } from 'node:crypto';

const ID_BYTES = 8;
const POOL_BYTES = ID_BYTES * 512;

/** Makes random span ids, 16 hex digits. Randomness is drawn in bulk: one system call for 512 ids. */
export function createSpanIds(): () => string {
  const bytes = new Uint8Array(POOL_BYTES);
  const pool = Buffer.from(bytes.buffer);
  let offset = POOL_BYTES;
  return () => {
    if (offset === POOL_BYTES) {
      randomFillSync(bytes);
      offset = 0;
    }
    const id = pool.toString('hex', offset, offset + ID_BYTES);
    offset += ID_BYTES;
    // All zeros would be no id (W3C Trace Context); it is as likely as never.
    return id === '0000000000000000' ? '0000000000000001' : id;
  };
}
