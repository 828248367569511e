/** Reads what `/init` sent over the second serial port. */
import { gunzipSync } from 'node:zlib';
import { sha256Hex } from './cache.ts';
import { readTar } from './tar.ts';

/** Files of one transfer, by name. */
export type Transfer = ReadonlyMap<string, Buffer>;

/** Transfers by name, each checked against the digest sent with it; firmware's own output on the port is skipped. */
export function readTransfers(port: Buffer): Map<string, Transfer> {
  const transfers = new Map<string, Transfer>();
  const lines = port.toString('latin1').split(/\r?\n/);
  for (let index = 0; index < lines.length; index += 1) {
    const begin = /^BEGIN (\S+) ([0-9a-f]{64})$/.exec(lines[index] ?? '');
    if (begin?.[1] === undefined || begin[2] === undefined) continue;
    const end = lines.indexOf(`END ${begin[1]}`, index);
    if (end < 0) throw new Error(`the transfer ${begin[1]} was cut off`);
    const bytes = Buffer.from(lines.slice(index + 1, end).join(''), 'base64');
    if (sha256Hex(bytes) !== begin[2]) throw new Error(`the transfer ${begin[1]} was damaged`);
    transfers.set(begin[1], readTar(gunzipSync(bytes)));
    index = end;
  }
  return transfers;
}

export function need(transfer: Transfer, name: string): Buffer {
  const file = transfer.get(name);
  if (file === undefined) throw new Error(`the machine did not send ${name}`);
  return file;
}
