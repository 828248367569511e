/** EFI_DEVICE_PATH_PROTOCOL as text (UEFI 2.10, 10.3 and 10.6). A device path is only ever a hint: no digest covers it. */

import { ByteReader } from '../bytes/reader.ts';
import { deviceNodeText } from './device-node.ts';

/** Longest real paths have about a dozen nodes. */
const MAX_NODES = 64;
const END_TYPE = 0x7f;
const END_INSTANCE = 0x01;
const END_ENTIRE = 0xff;
const NODE_HEADER_SIZE = 4;

/**
 * The whole path as text, nodes separated by `/`, instances by `,`. A node of an unknown type is shown raw.
 * @param base offset of `bytes` in `part`
 * @throws EvidenceError `bytes.truncated`, `bytes.trailing`, `uefi.device-path-node`, `uefi.device-path-count`,
 *   `uefi.device-path-end` for a path without its end node
 */
export function devicePathText(bytes: Uint8Array, part: string, base: number): string {
  const r = new ByteReader(bytes, part, base);
  let text = '';
  for (let count = 0; r.remaining > 0; count++) {
    if (count === MAX_NODES) throw r.error('uefi.device-path-count', `more than ${MAX_NODES} nodes`);
    const type = r.u8();
    const subType = r.u8();
    const length = r.u16();
    if (length < NODE_HEADER_SIZE) throw r.error('uefi.device-path-node', `a node of ${length} bytes`);
    const node = r.slice(length - NODE_HEADER_SIZE);
    if (type === END_TYPE && subType === END_ENTIRE) {
      r.end();
      return text;
    }
    if (type === END_TYPE && subType === END_INSTANCE) text += ',';
    else text += `${text === '' || text.endsWith(',') ? '' : '/'}${deviceNodeText(type, subType, node)}`;
  }
  throw r.error('uefi.device-path-end', 'no end node');
}
