/** UEFI_GPT_DATA: the partition table as the firmware logs it (PFP 1.06, 10.2.5; UEFI 2.10, 5.3). */

import { ByteReader } from '../bytes/reader.ts';
import { guidText } from './guid.ts';
import { utf16LengthToNul, utf16Text } from './utf16.ts';

/** The table has room for 128 on any normal disk; four times that is more than a disk of ours has. */
const MAX_PARTITIONS = 512;
const HEADER_SIZE = 92;
const MIN_ENTRY_SIZE = 128;
const NAME_SIZE = 72;

interface GptPartition {
  /** PartitionTypeGUID */
  readonly type: string;
  /** UniquePartitionGUID */
  readonly guid: string;
  readonly startingLba: bigint;
  readonly endingLba: bigint;
  readonly attributes: bigint;
  readonly name: string;
}

/** Header and partitions, as far as they are shown. */
export interface GptEventData {
  readonly diskGuid: string;
  readonly firstUsableLba: bigint;
  readonly lastUsableLba: bigint;
  /** NumberOfPartitionEntries of the header: room in the table, not partitions in use */
  readonly numberOfEntries: number;
  readonly partitions: readonly GptPartition[];
}

/**
 * @param base offset of `bytes` in `part`
 * @throws EvidenceError `bytes.truncated`, `bytes.trailing`, `uefi.gpt-signature`, `uefi.gpt-entry-size`, `uefi.gpt-count`, `uefi.utf16`
 */
export function parseGptEventData(bytes: Uint8Array, part: string, base: number): GptEventData {
  const r = new ByteReader(bytes, part, base);
  const header = r.slice(HEADER_SIZE);
  // "EFI PART" as a little-endian number
  if (header.u64() !== 0x5452415020494645n)
    throw header.error('uefi.gpt-signature', 'not an EFI_PARTITION_TABLE_HEADER');
  header.take(4 + 4 + 4 + 4 + 8 + 8);
  const firstUsableLba = header.u64();
  const lastUsableLba = header.u64();
  const diskGuid = guidText(header.take(16));
  header.take(8);
  const numberOfEntries = header.u32();
  const entrySize = header.u32();
  if (entrySize < MIN_ENTRY_SIZE || entrySize % 8 !== 0) {
    throw header.error('uefi.gpt-entry-size', `partition entries of ${entrySize} bytes`);
  }
  const count = r.u64();
  if (count > BigInt(MAX_PARTITIONS) || count * BigInt(entrySize) > BigInt(r.remaining)) {
    throw r.error('uefi.gpt-count', `${count} partitions of ${entrySize} bytes do not fit`);
  }
  const partitions: GptPartition[] = [];
  for (let i = 0; i < Number(count); i++) partitions.push(readPartition(r.slice(entrySize), part));
  r.end();
  return { diskGuid, firstUsableLba, lastUsableLba, numberOfEntries, partitions };
}

function readPartition(r: ByteReader, part: string): GptPartition {
  const type = guidText(r.take(16));
  const guid = guidText(r.take(16));
  const startingLba = r.u64();
  const endingLba = r.u64();
  const attributes = r.u64();
  const at = r.position;
  const field = r.take(NAME_SIZE);
  const name = utf16Text(field.subarray(0, utf16LengthToNul(field) ?? NAME_SIZE), part, at);
  return { type, guid, startingLba, endingLba, attributes, name };
}
