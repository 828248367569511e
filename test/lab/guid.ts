/** GUIDs in the mixed-endian form of UEFI (UEFI 2.10, appendix A). */

export function readGuid(bytes: Buffer, offset: number): string {
  const hex = (length: number, from: number): string => bytes.toString('hex', offset + from, offset + from + length);
  const a = bytes.readUInt32LE(offset).toString(16).padStart(8, '0');
  const b = bytes
    .readUInt16LE(offset + 4)
    .toString(16)
    .padStart(4, '0');
  const c = bytes
    .readUInt16LE(offset + 6)
    .toString(16)
    .padStart(4, '0');
  return `${a}-${b}-${c}-${hex(2, 8)}-${hex(6, 10)}`;
}

export function writeGuid(bytes: Buffer, offset: number, guid: string): void {
  const [a, b, c, d, e] = guid.split('-');
  bytes.writeUInt32LE(Number.parseInt(a ?? '', 16), offset);
  bytes.writeUInt16LE(Number.parseInt(b ?? '', 16), offset + 4);
  bytes.writeUInt16LE(Number.parseInt(c ?? '', 16), offset + 6);
  bytes.write(`${d ?? ''}${e ?? ''}`, offset + 8, 8, 'hex');
}
