/**
 * Edits of captured logs, as an attacker on the host would make them: the quote stays, the log says something else. Every function
 * gives a new log and leaves the old one alone.
 */

/** Where one event of a firmware log lies. */
export interface EventSpan {
  readonly start: number;
  readonly end: number;
  readonly pcr: number;
  readonly type: number;
  readonly data: number;
}

export const EV_EFI_VARIABLE_DRIVER_CONFIG = 0x80000001;
export const EV_EFI_BOOT_SERVICES_APPLICATION = 0x80000003;
export const EV_EFI_ACTION = 0x80000007;

const SHA1_SIZE = 20;

/** Events of a crypto-agile log (TCG PC Client Platform Firmware Profile 1.06, section 10.2), without the first, which describes the log. */
export function eventSpans(log: Buffer): EventSpan[] {
  const first = 12 + SHA1_SIZE;
  const algorithms = log.readUInt32LE(first + 24);
  const sizes = new Map<number, number>();
  for (let index = 0; index < algorithms; index += 1) {
    const entry = first + 28 + index * 4;
    sizes.set(log.readUInt16LE(entry), log.readUInt16LE(entry + 2));
  }
  const spans: EventSpan[] = [];
  let start = first + log.readUInt32LE(first - 4);
  while (start < log.length) {
    let offset = start + 12;
    for (let left = log.readUInt32LE(start + 8); left > 0; left -= 1) {
      const size = sizes.get(log.readUInt16LE(offset));
      if (size === undefined) throw new Error(`unknown digest algorithm at ${offset}`);
      offset += 2 + size;
    }
    const end = offset + 4 + log.readUInt32LE(offset);
    spans.push({ start, end, pcr: log.readUInt32LE(start), type: log.readUInt32LE(start + 4), data: offset + 4 });
    start = end;
  }
  return spans;
}

/** The first image the firmware started disappears from PCR 4. */
export function eventRemoved(log: Buffer): Buffer {
  const event = firstImage(log);
  return Buffer.concat([log.subarray(0, event.start), log.subarray(event.end)]);
}

/** One more image in PCR 4, at the end of the log: the first one a second time. */
export function eventAdded(log: Buffer): Buffer {
  const event = firstImage(log);
  return Buffer.concat([log, log.subarray(event.start, event.end)]);
}

/** The first two events of PCR 7 change places. */
export function eventReordered(log: Buffer): Buffer {
  const [one, two] = eventSpans(log).filter((event) => event.pcr === 7);
  if (one === undefined || two === undefined || one.end !== two.start) throw new Error('no two neighbours in PCR 7');
  return Buffer.concat([
    log.subarray(0, one.start),
    log.subarray(two.start, two.end),
    log.subarray(one.start, one.end),
    log.subarray(two.end),
  ]);
}

/** The first image becomes an action. No digest covers an event's type, so the log still replays. */
export function eventRelabelled(log: Buffer): Buffer {
  const copy = Buffer.from(log);
  copy.writeUInt32LE(EV_EFI_ACTION, firstImage(log).start + 4);
  return copy;
}

/** The value of the variable `SecureBoot` is turned round, its digest is kept. */
export function eventEdited(log: Buffer): Buffer {
  const name = Buffer.from('SecureBoot', 'utf16le');
  const event = eventSpans(log).find(
    (one) =>
      one.type === EV_EFI_VARIABLE_DRIVER_CONFIG &&
      log.readBigUInt64LE(one.data + 16) === 10n &&
      log.subarray(one.data + 32, one.data + 52).equals(name),
  );
  if (event === undefined) throw new Error('the log has no SecureBoot variable');
  const copy = Buffer.from(log);
  copy.writeUInt8(copy.readUInt8(event.end - 1) ^ 1, event.end - 1);
  return copy;
}

/** The last event is gone. */
export function logTruncated(log: Buffer): Buffer {
  return Buffer.from(log.subarray(0, eventSpans(log).at(-1)?.start));
}

function firstImage(log: Buffer): EventSpan {
  const event = eventSpans(log).find((one) => one.pcr === 4 && one.type === EV_EFI_BOOT_SERVICES_APPLICATION);
  if (event === undefined) throw new Error('the log has no image in PCR 4');
  return event;
}

/** Where one entry of a binary IMA list lies (little-endian; every template but the oldest, `ima`, frames its data). */
export interface ImaSpan {
  readonly start: number;
  readonly end: number;
  /** Template data: from here to `end`. */
  readonly data: number;
}

export function imaSpans(list: Buffer): ImaSpan[] {
  const spans: ImaSpan[] = [];
  let start = 0;
  while (start < list.length) {
    const data = start + 4 + SHA1_SIZE + 4 + list.readUInt32LE(start + 4 + SHA1_SIZE) + 4;
    const end = data + list.readUInt32LE(data - 4);
    spans.push({ start, end, data });
    start = end;
  }
  return spans;
}

/** Path of an entry of the templates `ima-ng` and `ima-sig`. */
export function imaPath(list: Buffer, entry: ImaSpan): string {
  const name = entry.data + 4 + list.readUInt32LE(entry.data);
  return list.toString('utf8', name + 4, name + 4 + list.readUInt32LE(name)).replace(/\0$/, '');
}

/** The first entry with that path is gone. */
export function imaEntryRemoved(list: Buffer, path: string): Buffer {
  const entry = imaSpans(list).find((one) => imaPath(list, one) === path);
  if (entry === undefined) throw new Error(`the list has no ${path}`);
  return Buffer.concat([list.subarray(0, entry.start), list.subarray(entry.end)]);
}

/** The last entry stands there twice. */
export function imaEntryAdded(list: Buffer): Buffer {
  const last = imaSpans(list).at(-1);
  return Buffer.concat([list, list.subarray(last?.start ?? 0)]);
}

/** The second and the third entry change places. */
export function imaEntriesReordered(list: Buffer): Buffer {
  const [, one, two] = imaSpans(list);
  if (one === undefined || two === undefined) throw new Error('the list is too short');
  return Buffer.concat([
    list.subarray(0, one.start),
    list.subarray(two.start, two.end),
    list.subarray(one.start, one.end),
    list.subarray(two.end),
  ]);
}

/** The list's end is cut off before the entry with that index. */
export function imaTruncated(list: Buffer, index: number): Buffer {
  return Buffer.from(list.subarray(0, imaSpans(list)[index]?.start));
}

/** Of a list joined over a kexec, the part the new kernel made: it begins with the second `boot_aggregate`. */
export function imaAfterKexec(list: Buffer): Buffer {
  const starts = imaSpans(list).filter((entry) => imaPath(list, entry) === 'boot_aggregate');
  const second = starts[1];
  if (second === undefined) throw new Error('the list knows of no kexec');
  return Buffer.from(list.subarray(second.start));
}
