import { CONTROL_TYPES, FLAG_FIN, FRAME_HEADER_BYTES, type Frame, VERSION } from './frames.js';

/** A frame as its bytes. */
export function encodeFrame(frame: Frame): Buffer {
  switch (frame.type) {
    case 'data':
      return Buffer.concat([encodeDataHeader(frame.streamId, frame.data.length, frame.fin), frame.data]);
    case 'synStream': {
      // No associated stream, priority 0, no credential.
      const fixed = Buffer.alloc(10);
      fixed.writeUInt32BE(frame.streamId);
      return control('synStream', flagsOf(frame), fixed, frame.block);
    }
    case 'synReply':
    case 'headers':
      return control(frame.type, flagsOf(frame), words(frame.streamId), frame.block);
    case 'rstStream':
      return control('rstStream', 0, words(frame.streamId, frame.status));
    case 'settings': {
      const entries = [...frame.values].map(([id, value]) => words(id, value));
      return control('settings', 0, words(entries.length), ...entries);
    }
    case 'ping':
      return control('ping', 0, words(frame.id));
    case 'goAway':
      return control('goAway', 0, words(frame.lastGoodStreamId, frame.status));
    case 'windowUpdate':
      return control('windowUpdate', 0, words(frame.streamId, frame.delta));
  }
}

/** The data follows it. */
export function encodeDataHeader(streamId: number, length: number, fin: boolean): Buffer {
  const header = words(streamId, length);
  header[4] = fin ? FLAG_FIN : 0;
  return header;
}

function control(type: keyof typeof CONTROL_TYPES, flags: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt16BE(0x8000 | VERSION);
  header.writeUInt16BE(CONTROL_TYPES[type], 2);
  header.writeUInt32BE(body.length, 4);
  header[4] = flags;
  return Buffer.concat([header, body]);
}

function flagsOf({ fin }: { readonly fin: boolean }): number {
  return fin ? FLAG_FIN : 0;
}

function words(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) buffer.writeUInt32BE(value, index * 4);
  return buffer;
}
