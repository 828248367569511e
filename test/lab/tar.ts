/** Reader of the plain tar archives busybox writes: regular files at the top, nothing else is wanted. */

const BLOCK = 512;

export function readTar(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  let offset = 0;
  while (offset + BLOCK <= archive.length && archive.readUInt8(offset) !== 0) {
    const name = field(archive, offset, 100).replace(/^\.\//, '');
    const size = Number.parseInt(field(archive, offset + 124, 12), 8);
    const type = field(archive, offset + 156, 1);
    const data = offset + BLOCK;
    if (type === '0' || type === '') files.set(name, Buffer.from(archive.subarray(data, data + size)));
    offset = data + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function field(archive: Buffer, offset: number, length: number): string {
  return archive
    .toString('latin1', offset, offset + length)
    .replace(/\0.*$/s, '')
    .trim();
}
