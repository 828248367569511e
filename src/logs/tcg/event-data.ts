/**
 * What the data of an event means and how far its digest vouches for it. The type of an event is not hashed, so that meaning
 * needs a (PCR, type) of the closed table below; anywhere else the data is `unknown` and a hint.
 */

import type { HashName } from '../../bytes/hash.ts';
import { DecodeInput, mayMatch, type EventContext, type EventDecoder } from './decode.ts';
import {
  decodeAction,
  decodeCode,
  decodeCode2,
  decodeCrtmVersion,
  decodeFirmwareBlob,
  decodeFirmwareBlob2,
  decodeGpt,
  decodeGpt2,
  decodeHandoffTables,
  decodeHandoffTables2,
  decodeImage,
  decodeLabel,
  decodeLabelOrData,
  decodeLegacyAction,
  decodeSeparator,
} from './decode-firmware.ts';
import {
  decodeEventTag,
  decodeIplCommand,
  decodeIplFile,
  decodeIplLabel,
  decodeIplMok,
  decodeIplOverride,
  decodeIplSection,
} from './decode-loader.ts';
import {
  decodeDevicePolicy,
  decodeVariableAuthority,
  decodeVariableBoot,
  decodeVariableBoot2,
  decodeVariableDriverConfig,
} from './decode-variable.ts';
import type { DecodedEvent, NoActionBody } from './event-body.ts';
import * as type from './event-types.ts';
import type { TcgLog, TcgRegisters } from './model.ts';
import { separatorValue } from './separators.ts';
import { isSpecId, noActionSignature } from './spec-id.ts';
import { startupLocality } from './startup.ts';

const PRE_OS = [0, 1, 2, 3, 4, 5, 6, 7];
const STATIC = [...PRE_OS, 8, 9, 10, 11, 12, 13, 14, 15];

/** (type, PCRs, decoder): PFP 1.06, 3.3.4 and table 14; PCR 8–15 as Linux boot loaders use them. */
const TABLE: readonly (readonly [eventType: number, pcrs: readonly number[], decoder: EventDecoder])[] = [
  [type.EV_POST_CODE, [0, 1], decodeCode],
  [type.EV_POST_CODE2, [0, 1], decodeCode2],
  [type.EV_SEPARATOR, PRE_OS, decodeSeparator],
  [type.EV_ACTION, PRE_OS, decodeLegacyAction],
  [type.EV_EVENT_TAG, STATIC, decodeEventTag],
  [type.EV_S_CRTM_CONTENTS, [0], decodeCode],
  [type.EV_S_CRTM_VERSION, [0], decodeCrtmVersion],
  [type.EV_CPU_MICROCODE, [1], decodeLabel],
  [type.EV_PLATFORM_CONFIG_FLAGS, [1], decodeLabelOrData],
  [type.EV_TABLE_OF_DEVICES, [1], decodeLabelOrData],
  [type.EV_COMPACT_HASH, [4, 5, 6, 7, 11], decodeLabelOrData],
  [type.EV_IPL, [8], decodeIplCommand],
  [type.EV_IPL, [9], decodeIplFile],
  [type.EV_IPL, [11], decodeIplSection],
  [type.EV_IPL, [12], decodeIplOverride],
  [type.EV_IPL, [13], decodeIplLabel],
  [type.EV_IPL, [14], decodeIplMok],
  [type.EV_IPL_PARTITION_DATA, [5], decodeLabel],
  [type.EV_NONHOST_CODE, [0, 2], decodeLabel],
  [type.EV_NONHOST_CONFIG, [1, 3], decodeLabelOrData],
  [type.EV_NONHOST_INFO, [0, 1], decodeLabelOrData],
  [type.EV_OMIT_BOOT_DEVICE_EVENTS, [4], decodeAction],
  [type.EV_EFI_VARIABLE_DRIVER_CONFIG, [1, 3, 5, 7], decodeVariableDriverConfig],
  [type.EV_EFI_VARIABLE_BOOT, [1, 5], decodeVariableBoot],
  [type.EV_EFI_VARIABLE_BOOT2, [1, 5], decodeVariableBoot2],
  [type.EV_EFI_BOOT_SERVICES_APPLICATION, [2, 4], decodeImage],
  [type.EV_EFI_BOOT_SERVICES_DRIVER, [0, 2, 4], decodeImage],
  [type.EV_EFI_RUNTIME_SERVICES_DRIVER, [0, 2, 4], decodeImage],
  [type.EV_EFI_GPT_EVENT, [5], decodeGpt],
  [type.EV_EFI_GPT_EVENT2, [5], decodeGpt2],
  [type.EV_EFI_ACTION, PRE_OS, decodeAction],
  [type.EV_EFI_PLATFORM_FIRMWARE_BLOB, [0, 2], decodeFirmwareBlob],
  [type.EV_EFI_PLATFORM_FIRMWARE_BLOB2, [0, 2], decodeFirmwareBlob2],
  [type.EV_EFI_HANDOFF_TABLES, [1], decodeHandoffTables],
  [type.EV_EFI_HANDOFF_TABLES2, [1], decodeHandoffTables2],
  [type.EV_EFI_HCRTM_EVENT, [0], decodeLabel],
  [type.EV_EFI_VARIABLE_AUTHORITY, [7], decodeVariableAuthority],
  [type.EV_EFI_SPDM_FIRMWARE_BLOB, [2], decodeLabelOrData],
  [type.EV_EFI_SPDM_FIRMWARE_CONFIG, [3], decodeLabelOrData],
  [type.EV_EFI_SPDM_DEVICE_POLICY, [7], decodeDevicePolicy],
  [type.EV_EFI_SPDM_DEVICE_AUTHORITY, [7], decodeDevicePolicy],
];

const PCRS = 24;
/** `type * PCRS + pcr` → decoder; exact for every u32 type in a double */
const DECODERS: ReadonlyMap<number, EventDecoder> = new Map(
  TABLE.flatMap(([eventType, pcrs, decoder]) => pcrs.map((pcr) => [eventType * PCRS + pcr, decoder] as const)),
);

/** Decodes one event and compares its data with its digest in the input's bank. Never throws for what the data holds. */
function decodeEvent(input: DecodeInput, registers: TcgRegisters): DecodedEvent {
  const { pcr, type: eventType, data } = input.event;
  if (eventType === type.EV_NO_ACTION) return { binding: 'not-extended', body: noActionBody(data) };
  // Of a measurement register the table's PCRs do not apply: the data is proved or not, and means nothing here.
  if (registers !== 'pcr') return mayMatch(input, { kind: 'unknown', data });
  const decoder = pcr < PCRS ? DECODERS.get(eventType * PCRS + pcr) : undefined;
  return decoder === undefined ? { binding: 'hint', body: { kind: 'unknown', data } } : decoder(input);
}

function noActionBody(data: Uint8Array): NoActionBody {
  const signature = noActionSignature(data);
  const locality = startupLocality(data);
  if (locality !== undefined) return { kind: 'no-action', subject: 'startup-locality', locality, signature, data };
  if (isSpecId(signature)) return { kind: 'no-action', subject: 'spec-id', signature, data };
  const subject = signature?.startsWith('SP800-155 Event') === true ? 'sp800-155' : 'other';
  return { kind: 'no-action', subject, signature, data };
}

/** The events of a log decoded in one bank: `events[i]` belongs to `log.events[i]`. */
export interface DecodedLog {
  readonly log: TcgLog;
  readonly bank: HashName;
  readonly events: readonly DecodedEvent[];
  /** by event: whether a separator of the same PCR came before it */
  readonly afterSeparator: readonly boolean[];
}

/** Decodes every event of a log in one bank, each with what came before it in its PCR. A pure function of the log's bytes. */
export function decodeLog(log: TcgLog, bank: HashName): DecodedLog {
  return decodeBanks(log, [bank]).get(bank)!;
}

/**
 * `decodeLog` in several banks. The banks of an honest log are of the same data, so that it is decoded in the first and only
 * compared with the digest in the others.
 */
export function decodeBanks(log: TcgLog, banks: readonly HashName[] = log.banks): ReadonlyMap<HashName, DecodedLog> {
  const decoded = new Map<HashName, DecodedLog>();
  let first: readonly Decoding[] | undefined;
  for (const bank of banks) {
    const decodings = decodeBank(log, bank, first);
    first ??= decodings;
    const events = decodings.map((decoding) => decoding.event);
    const afterSeparator = decodings.map(({ input }) => input.context.afterSeparator);
    decoded.set(bank, { log, bank, events, afterSeparator });
  }
  return decoded;
}

interface Decoding {
  readonly input: DecodeInput;
  readonly event: DecodedEvent;
}

/** @param known the decodings of another bank, used where they are those of this bank too */
function decodeBank({ events, format, registers }: TcgLog, bank: HashName, known?: readonly Decoding[]): Decoding[] {
  const separated = new Set<number>();
  let sectionName: EventContext['sectionName'];
  return events.map((event) => {
    const { pcr, index } = event;
    const context = { format, afterSeparator: separated.has(pcr), sectionName };
    let decoding = known?.[index];
    if (decoding === undefined || !sameContext(decoding.input.context, context) || !decoding.input.sameIn(bank)) {
      const input = new DecodeInput(event, bank, context);
      decoding = { input, event: decodeEvent(input, registers) };
    }
    const { body } = decoding.event;
    if (separatorValue(event, bank) !== undefined) separated.add(pcr);
    if (pcr === 11 && event.type !== type.EV_NO_ACTION) {
      sectionName = body.kind === 'stub-section-name' ? { name: body.name, index } : undefined;
    }
    return decoding;
  });
}

function sameContext(a: EventContext, b: EventContext): boolean {
  return a.afterSeparator === b.afterSeparator && a.sectionName?.index === b.sectionName?.index;
}
