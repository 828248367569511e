/**
 * Separators: the one event every firmware extends into PCR 0–7 of every bank it measures into (PFP 1.06, 3.3.2.2). They are
 * told by their digests alone. The type of an event is not hashed: a separator that the log calls something else is still
 * one, and what comes after it still came after it.
 */

import { digest, equalBytes, HASHES, type HashName } from '../../bytes/hash.ts';
import { EV_EFI_VARIABLE_BOOT, EV_NO_ACTION } from './event-types.ts';
import type { TcgEvent, TcgLog } from './model.ts';

const PRE_OS_PCRS = 8;
/** 0 and FFFFFFFF end the pre-OS phase, 1 does so with an error. */
const VALUES = [0, 0xffffffff, 1] as const;
/** value of a separator that states an error of the firmware */
export const SEPARATOR_ERROR = 1;

const DIGESTS: ReadonlyMap<HashName, readonly { readonly value: number; readonly digest: Uint8Array }[]> = new Map(
  HASHES.map(({ name }) => [name, VALUES.map((value) => ({ value, digest: digest(name, littleEndian(value)) }))]),
);

function littleEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** The value whose digest this event extends in `bank`, if it is a separator of PCR 0–7. */
export function separatorValue(event: TcgEvent, bank: HashName): number | undefined {
  const extended = event.digests[bank];
  if (extended === undefined || event.type === EV_NO_ACTION) return undefined;
  return separatorOf(event.pcr, bank, extended);
}

/** The value whose digest this is, if one extended into that PCR is a separator: of whatever log it comes. */
export function separatorOf(pcr: number, bank: HashName, extended: Uint8Array): number | undefined {
  if (pcr >= PRE_OS_PCRS) return undefined;
  return DIGESTS.get(bank)!.find(
    (separator) => separator.digest[0] === extended[0] && equalBytes(separator.digest, extended),
  )?.value;
}

/**
 * EV_EFI_VARIABLE_BOOT hashes the variable's data alone, and a BootOrder of Boot0001 and Boot0000 is the four bytes of an error
 * separator. An error itself stands in every PCR of 0–7, so that none hides behind this.
 */
function isBootOrder(event: TcgEvent, value: number): boolean {
  return event.pcr === 1 && event.type === EV_EFI_VARIABLE_BOOT && value === SEPARATOR_ERROR;
}

interface Separator {
  /** index of the first separator of the PCR */
  readonly index: number;
  readonly value: number;
  readonly error: boolean;
  /** separators of this PCR, the first included; more than one ends the pre-OS phase twice */
  readonly count: number;
}

interface SeparatorEvidence {
  /** PCR 0–7 → its separator, for those that have one */
  readonly pcrs: ReadonlyMap<number, Separator>;
  /** PCRs of 0–7 without one */
  readonly missing: readonly number[];
  /** Whether the firmware measured into this bank at all: each of PCR 0–7 was closed in it. */
  readonly complete: boolean;
}

/**
 * Separators of a log in one bank. A bank without them is a bank the firmware did not extend, whose PCRs an operating system
 * may set to anything: it counts as not there.
 */
export function separatorEvidence({ log, bank }: { readonly log: TcgLog; readonly bank: HashName }): SeparatorEvidence {
  const pcrs = new Map<number, Separator>();
  for (const event of log.events) {
    const value = separatorValue(event, bank);
    if (value === undefined || isBootOrder(event, value)) continue;
    const first = pcrs.get(event.pcr);
    pcrs.set(
      event.pcr,
      first === undefined
        ? { index: event.index, value, error: value === SEPARATOR_ERROR, count: 1 }
        : { ...first, count: first.count + 1 },
    );
  }
  const missing: number[] = [];
  for (let pcr = 0; pcr < PRE_OS_PCRS; pcr++) if (!pcrs.has(pcr)) missing.push(pcr);
  return { pcrs, missing, complete: missing.length === 0 };
}
