/** The frames of SPDY/3.1 (draft-mbelshe-httpbis-spdy-00, section 2.2), apart from CREDENTIAL. */
export type Frame =
  | { readonly type: 'data'; readonly streamId: number; readonly fin: boolean; readonly data: Buffer }
  | { readonly type: 'synStream'; readonly streamId: number; readonly fin: boolean; readonly block: Buffer }
  | { readonly type: 'synReply'; readonly streamId: number; readonly fin: boolean; readonly block: Buffer }
  | { readonly type: 'headers'; readonly streamId: number; readonly fin: boolean; readonly block: Buffer }
  | { readonly type: 'rstStream'; readonly streamId: number; readonly status: number }
  | { readonly type: 'settings'; readonly values: ReadonlyMap<number, number> }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'goAway'; readonly lastGoodStreamId: number; readonly status: number }
  | { readonly type: 'windowUpdate'; readonly streamId: number; readonly delta: number };

export const VERSION = 3;
export const FRAME_HEADER_BYTES = 8;
export const FLAG_FIN = 1;

export const CONTROL_TYPES = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

export const RST_STATUS = {
  protocolError: 1,
  invalidStream: 2,
  refusedStream: 3,
  cancel: 5,
  internalError: 6,
} as const;

export const SETTING_INITIAL_WINDOW_SIZE = 7;

/** 31 bits; the first one is not of the number. */
export const ID_MASK = 0x7fff_ffff;
/** What flow control starts with where nothing else is said. */
export const DEFAULT_WINDOW_BYTES = 64 * 1024;
