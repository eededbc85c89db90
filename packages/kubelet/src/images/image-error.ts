export type ImageErrorReason = 'ErrImagePull' | 'ImagePullBackOff' | 'ErrImageNeverPull' | 'InvalidImageName';

/** A container that waits for its image: `reason` and `message` are of its waiting state. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  constructor(
    readonly reason: ImageErrorReason,
    message: string,
    /** When it is worth another try; undefined: at the next sync. */
    readonly retryAtMs: number | undefined,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
