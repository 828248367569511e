/** TPM2_GetCapability: what the TPM is, has and holds (TPM 2.0 Part 3, 30.2; Part 2, 6.12, 6.13 and 10.10). */

import { ByteReader } from '../../bytes/reader.ts';
import { printable } from '../../bytes/text.ts';
import { readSelection, toSelection, type PcrSelection } from '../../tpm/selection.ts';
import type { Runner } from './scope.ts';

/** TPM_CAP. */
const CAP = { HANDLES: 1, PCRS: 5, TPM_PROPERTIES: 6, ECC_CURVES: 8 } as const;

/** More than any TPM gives in one answer. */
const COUNT = 0xffff;

/** Answers a TPM may take for one question; with four handles each, that is still a thousand. */
const MAX_ANSWERS = 256;

/**
 * Asks until the TPM says that there is no more.
 * @param read takes one answer apart and says where the next begins; null where it gave nothing
 */
async function readAll(
  tpm: Runner,
  capability: number,
  first: number,
  read: (reader: ByteReader) => number | null,
): Promise<void> {
  let property = first;
  for (let answers = 0; answers < MAX_ANSWERS; answers++) {
    const [more, data] = await tpm.run('GetCapability', { inputs: [capability, property, COUNT] });
    const reader = new ByteReader(data, 'capability');
    if (reader.u32be() !== capability) throw reader.error('tpm.capability', 'the answer is about another capability');
    const next = read(reader);
    reader.end();
    if (more === 0 || next === null) return;
    property = next;
  }
}

/** The PCRs of each active bank that this verifier computes. */
export async function activePcrs(tpm: Runner): Promise<PcrSelection> {
  let selection: PcrSelection = new Map();
  await readAll(tpm, CAP.PCRS, 0, (reader) => {
    selection = toSelection(readSelection(reader));
    return null;
  });
  return selection;
}

/** First handles of the kinds of handles (TPM_HT, Part 2, 7.2). */
export const HANDLE_KIND = {
  nvIndex: 0x01000000,
  loadedSession: 0x02000000,
  savedSession: 0x03000000,
  transient: 0x80000000,
  persistent: 0x81000000,
} as const;

/**
 * The handles of one kind that the TPM has, ascending.
 * @param first where to begin
 */
export async function handlesFrom(tpm: Runner, first: number): Promise<number[]> {
  const handles: number[] = [];
  await readAll(tpm, CAP.HANDLES, first, (reader) => {
    const count = reader.u32be();
    for (let i = 0; i < count; i++) handles.push(reader.u32be());
    return count === 0 ? null : handles.at(-1)! + 1;
  });
  return handles;
}

/** TPM_ECC_CURVE of the curves the TPM has. */
export async function eccCurves(tpm: Runner): Promise<ReadonlySet<number>> {
  const curves = new Set<number>();
  await readAll(tpm, CAP.ECC_CURVES, 0, (reader) => {
    const count = reader.u32be();
    let last = 0;
    for (let i = 0; i < count; i++) curves.add((last = reader.u16be()));
    return count === 0 ? null : last + 1;
  });
  return curves;
}

/** TPM_PT (Part 2, 6.13). */
const PT = {
  FIXED: 0x100,
  MANUFACTURER: 0x105,
  VENDOR_STRING_1: 0x106,
  VENDOR_STRING_4: 0x109,
  FIRMWARE_VERSION_1: 0x10b,
  FIRMWARE_VERSION_2: 0x10c,
  NV_BUFFER_MAX: 0x12c,
  VARIABLE: 0x200,
  PERMANENT: 0x200,
  STARTUP_CLEAR: 0x201,
  LOCKOUT_COUNTER: 0x20e,
  MAX_AUTH_FAIL: 0x20f,
  LOCKOUT_INTERVAL: 0x210,
  LOCKOUT_RECOVERY: 0x211,
} as const;

/** TPMA_PERMANENT and TPMA_STARTUP_CLEAR (Part 2, 8.6 and 8.7). */
const OWNER_AUTH_SET = 1 << 0;
const ENDORSEMENT_AUTH_SET = 1 << 1;
const IN_LOCKOUT = 1 << 9;
const OWNER_ENABLED = 1 << 1;
const ENDORSEMENT_ENABLED = 1 << 2;

/** What a TPM says of itself. */
export interface TpmProperties {
  /** the maker's four letters, such as `IFX` (TCG Vendor ID Registry) */
  readonly manufacturer: string;
  readonly vendorString: string;
  /** as in TPMS_ATTEST */
  readonly firmwareVersion: bigint;
  /** bytes that TPM2_NV_Read gives at a time */
  readonly nvBufferMax: number;
  readonly lockout: {
    readonly inLockout: boolean;
    /** wrong authorizations held against the TPM's user now */
    readonly counter: number;
    readonly maxTries: number;
    /** seconds until one of them is forgiven */
    readonly interval: number;
    /** seconds until a wrong authorization of the lockout hierarchy is */
    readonly recovery: number;
  };
  /** whether the hierarchy has an authorization value, and whether it may be used at all */
  readonly owner: HierarchyState;
  readonly endorsement: HierarchyState;
}

export interface HierarchyState {
  readonly authSet: boolean;
  readonly enabled: boolean;
}

/** TPM2_NV_Read gives at least this many bytes (TSS 2.0: TPM2_MAX_NV_BUFFER_SIZE is the most it has room for). */
const NV_BUFFER_DEFAULT = 64;
const NV_BUFFER_ROOM = 2048;

/** The TPM's properties, fixed and variable. */
export async function tpmProperties(tpm: Runner): Promise<TpmProperties> {
  const values = new Map<number, number>();
  for (const first of [PT.FIXED, PT.VARIABLE]) {
    await readAll(tpm, CAP.TPM_PROPERTIES, first, (reader) => {
      const count = reader.u32be();
      let last = 0;
      for (let i = 0; i < count; i++) values.set((last = reader.u32be()), reader.u32be());
      // One group of properties is one question; the next group begins at the next multiple of 256.
      return count === 0 || last >= first + 0xff ? null : last + 1;
    });
  }
  const value = (property: number): number => values.get(property) ?? 0;
  const has = (property: number, bit: number): boolean => (value(property) & bit) !== 0;
  const vendor = Array.from({ length: PT.VENDOR_STRING_4 - PT.VENDOR_STRING_1 + 1 }, (_, i) =>
    letters(value(PT.VENDOR_STRING_1 + i)),
  );
  return {
    manufacturer: letters(value(PT.MANUFACTURER)),
    vendorString: vendor.join('').trim(),
    firmwareVersion: (BigInt(value(PT.FIRMWARE_VERSION_1)) << 32n) | BigInt(value(PT.FIRMWARE_VERSION_2)),
    nvBufferMax: Math.min(values.get(PT.NV_BUFFER_MAX) ?? NV_BUFFER_DEFAULT, NV_BUFFER_ROOM),
    lockout: {
      inLockout: has(PT.PERMANENT, IN_LOCKOUT),
      counter: value(PT.LOCKOUT_COUNTER),
      maxTries: value(PT.MAX_AUTH_FAIL),
      interval: value(PT.LOCKOUT_INTERVAL),
      recovery: value(PT.LOCKOUT_RECOVERY),
    },
    owner: { authSet: has(PT.PERMANENT, OWNER_AUTH_SET), enabled: has(PT.STARTUP_CLEAR, OWNER_ENABLED) },
    endorsement: {
      authSet: has(PT.PERMANENT, ENDORSEMENT_AUTH_SET),
      enabled: has(PT.STARTUP_CLEAR, ENDORSEMENT_ENABLED),
    },
  };
}

/** Four letters of a property; the makers fill up with zeros or spaces. */
function letters(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return printable(bytes.toString('latin1').replace(/\0+$/, '')).trimEnd();
}
