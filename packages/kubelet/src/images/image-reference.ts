/** An image's name, taken apart as the distribution project does. */
export interface ImageReference {
  /** `docker.io`, `registry.example:5000` */
  readonly registry: string;
  /** `library/nginx` */
  readonly repository: string;
  /** Undefined where there is a digest; `latest` by default. */
  readonly tag: string | undefined;
  readonly digest: string | undefined;
  /** What the engine is asked for: as it was written, with a tag or digest. */
  readonly name: string;
}

const PATH = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const REGISTRY =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d+)?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/** Undefined: not a valid reference. */
export function parseImageReference(image: string): ImageReference | undefined {
  const [beforeDigest = '', digest, ...rest] = image.split('@');
  if (rest.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return undefined;
  const { path: fullPath, tag } = splitTag(beforeDigest);
  if (tag !== undefined && !TAG.test(tag)) return undefined;
  const { registry, path } = splitRegistry(fullPath);
  if (!PATH.test(path) || !REGISTRY.test(registry)) return undefined;
  const repository = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  const named = tag === undefined && digest === undefined;
  return {
    registry,
    repository,
    tag: named ? 'latest' : tag,
    digest,
    name: named ? `${image}:latest` : image,
  };
}

function splitTag(name: string): { path: string; tag: string | undefined } {
  const colon = name.lastIndexOf(':');
  if (colon <= name.lastIndexOf('/')) return { path: name, tag: undefined };
  return { path: name.slice(0, colon), tag: name.slice(colon + 1) };
}

/** What comes before the first slash is a registry only if it looks like a host. */
function splitRegistry(path: string): { registry: string; path: string } {
  const slash = path.indexOf('/');
  const first = slash < 0 ? '' : path.slice(0, slash);
  if (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase()) {
    return { registry: first === 'index.docker.io' ? 'docker.io' : first, path: path.slice(slash + 1) };
  }
  return { registry: 'docker.io', path };
}
