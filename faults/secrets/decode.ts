import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'

const cut = { finishFlush: constants.Z_SYNC_FLUSH }

/** A body as it was before it was compressed for the way; as it came where nobody can tell. */
export function decoded(body: Buffer, encoding: string | undefined): Buffer {
  try {
    if (encoding === 'gzip') return gunzipSync(body, cut)
    if (encoding === 'deflate') return inflateSync(body, cut)
    if (encoding === 'br') return brotliDecompressSync(body, { finishFlush: constants.BROTLI_OPERATION_FLUSH })
  } catch {
    return body
  }
  return body
}

const GZIP = Buffer.from([0x1f, 0x8b, 0x08])
const LARGEST = 64 * 1024 * 1024

/** Everything that begins like gzip inside a file, unpacked: what a browser's cache keeps is compressed as it came. */
export function gzipInside(bytes: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = bytes.indexOf(GZIP); at >= 0; at = bytes.indexOf(GZIP, at + 1)) {
    try {
      // What follows the packed bytes is something else: the whole file is not one gzip.
      found.push(
        inflateRawSync(bytes.subarray(at + headLength(bytes.subarray(at))), { ...cut, maxOutputLength: LARGEST }),
      )
    } catch {
      // Three bytes that only look like it.
    }
  }
  return found
}

/** Bytes before the packed ones (RFC 1952): ten, and what the flags say. */
function headLength(gzip: Buffer): number {
  const flags = gzip[3] ?? 0
  let length = 10
  if (flags & 4) length += 2 + gzip.readUInt16LE(length)
  for (const named of [8, 16]) if (flags & named) length = gzip.indexOf(0, length) + 1
  if (flags & 2) length += 2
  return length
}
