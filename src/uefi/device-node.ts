/** Text of one device path node (UEFI 2.10, 10.6.1.6), for the nodes that boot paths are made of. */

import type { ByteReader } from '../bytes/reader.ts';
import { toHex } from '../bytes/text.ts';
import { guidText } from './guid.ts';
import { utf16LengthToNul, utf16Text } from './utf16.ts';

type NodeText = (r: ByteReader) => string;

/** Bytes of an unknown node that are shown; the rest is only counted. */
const MAX_RAW_BYTES = 32;

/** `EISA_PNP_ID(id)`: the lower half is the code of "PNP", the upper half the number. */
const PNP_VENDOR = 0x41d0;
const PNP_PCI_ROOT = 0x0a03;

const hex = (value: number | bigint): string => `0x${value.toString(16).toUpperCase()}`;

const NODES: ReadonlyMap<number, NodeText> = new Map<number, NodeText>([
  [0x0101, (r) => swapped(r, (fn, device) => `Pci(${hex(device)},${hex(fn)})`)],
  [0x0102, (r) => `PcCard(${hex(r.u8())})`],
  [0x0103, (r) => `MemoryMapped(${hex(r.u32())},${hex(r.u64())},${hex(r.u64())})`],
  [0x0104, (r) => vendor('VenHw', r)],
  [0x0105, (r) => `Ctrl(${hex(r.u32())})`],
  [0x0201, acpi],
  [0x0203, (r) => `AcpiAdr(${hex(r.u32())})`],
  [
    0x0301,
    (r) => `Ata(${r.u8() === 0 ? 'Primary' : 'Secondary'},${r.u8() === 0 ? 'Master' : 'Slave'},${hex(r.u16())})`,
  ],
  [0x0302, (r) => `Scsi(${hex(r.u16())},${hex(r.u16())})`],
  [0x0305, (r) => `USB(${hex(r.u8())},${hex(r.u8())})`],
  [0x030a, (r) => vendor('VenMsg', r)],
  [0x030b, (r) => `MAC(${toHex(r.take(32)).slice(0, 12)},${hex(r.u8())})`],
  [0x030c, (r) => `IPv4(${skip(r, 4)}${[...r.take(4)].join('.')})`],
  [0x030d, (r) => `IPv6(${skip(r, 16)}${toHex(r.take(16))})`],
  [0x0311, (r) => `Unit(${hex(r.u8())})`],
  [0x0312, (r) => `Sata(${hex(r.u16())},${hex(r.u16())},${hex(r.u16())})`],
  [0x0314, (r) => `Vlan(${r.u16()})`],
  [0x0317, (r) => `NVMe(${hex(r.u32())},${toHex(r.take(8).slice().reverse()).replace(/(..)(?=.)/g, '$1-')})`],
  [0x0318, (r) => `Uri(${Buffer.from(r.rest()).toString('latin1')})`],
  [0x0319, (r) => `UFS(${hex(r.u8())},${hex(r.u8())})`],
  [0x031a, (r) => `SD(${hex(r.u8())})`],
  [0x031d, (r) => `eMMC(${hex(r.u8())})`],
  [0x0401, hardDrive],
  [0x0402, (r) => `CDROM(${hex(r.u32())},${hex(r.u64())},${hex(r.u64())})`],
  [0x0403, (r) => vendor('VenMedia', r)],
  [0x0404, filePath],
  [0x0405, (r) => vendor('Media', r)],
  [0x0406, (r) => vendor('FvFile', r)],
  [0x0407, (r) => vendor('Fv', r)],
  [0x0408, (r) => `Offset(${skip(r, 4)}${hex(r.u64())},${hex(r.u64())})`],
]);

/**
 * Text of a node from its body, the bytes after the 4-byte header.
 * @throws EvidenceError `bytes.truncated` for a known node that is too short, `uefi.utf16`
 */
export function deviceNodeText(type: number, subType: number, body: ByteReader): string {
  const node = NODES.get((type << 8) | subType);
  if (node !== undefined) return node(body);
  const bytes = body.rest();
  const shown = toHex(bytes.subarray(0, MAX_RAW_BYTES));
  return `Path(${type},${subType},${shown}${bytes.length > MAX_RAW_BYTES ? `+${bytes.length - MAX_RAW_BYTES}` : ''})`;
}

function swapped(r: ByteReader, text: (first: number, second: number) => string): string {
  const first = r.u8();
  return text(first, r.u8());
}

function skip(r: ByteReader, length: number): '' {
  r.take(length);
  return '';
}

function vendor(name: string, r: ByteReader): string {
  const guid = guidText(r.take(16));
  const data = r.rest();
  if (data.length === 0) return `${name}(${guid})`;
  return `${name}(${guid},${toHex(data.subarray(0, MAX_RAW_BYTES))})`;
}

function acpi(r: ByteReader): string {
  const hid = r.u32();
  const uid = r.u32();
  if ((hid & 0xffff) !== PNP_VENDOR) return `Acpi(${hex(hid)},${hex(uid)})`;
  const number = hid >>> 16;
  if (number === PNP_PCI_ROOT) return `PciRoot(${hex(uid)})`;
  return `Acpi(PNP${number.toString(16).toUpperCase().padStart(4, '0')},${hex(uid)})`;
}

function hardDrive(r: ByteReader): string {
  const number = r.u32();
  const start = r.u64();
  const size = r.u64();
  const signature = r.take(16);
  const format = r.u8();
  const signatureType = r.u8();
  const table = format === 1 ? 'MBR' : format === 2 ? 'GPT' : hex(format);
  const id =
    signatureType === 2
      ? guidText(signature)
      : hex(signature[0]! + signature[1]! * 0x100 + signature[2]! * 0x10000 + signature[3]! * 0x1000000);
  return `HD(${number},${table},${id},${hex(start)},${hex(size)})`;
}

function filePath(r: ByteReader): string {
  const at = r.position;
  const bytes = r.rest();
  return utf16Text(bytes.subarray(0, utf16LengthToNul(bytes) ?? bytes.length), r.part, at);
}
