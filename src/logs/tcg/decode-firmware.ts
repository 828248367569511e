/** Events by which the firmware itself describes what it measured, and those of fixed texts. */

import { readOr } from '../../bytes/errors.ts';
import { devicePathText } from '../../uefi/device-path.ts';
import {
  parseFirmwareBlob,
  parseFirmwareBlob2,
  parseHandoffTables,
  parseHandoffTables2,
  parseImageLoadEvent,
  type FirmwareBlob,
  type HandoffTables,
} from '../../uefi/firmware-events.ts';
import { guidName } from '../../uefi/guid.ts';
import { parseGptEventData } from '../../uefi/gpt.ts';
import {
  asciiText,
  bodyOf,
  bound,
  boundWithQuirk,
  hint,
  labelText,
  mayMatch,
  mismatch,
  mustMatch,
  PART,
  type DecodeInput,
  type EventDecoder,
} from './decode.ts';
import { EV_EFI_BOOT_SERVICES_APPLICATION, EV_EFI_BOOT_SERVICES_DRIVER } from './event-types.ts';
import { SEPARATOR_ERROR } from './separators.ts';
import type { DecodedEvent, EventBody, FirmwareBlobBody, HandoffTablesBody, ImageBody } from './event-body.ts';

const ALL_ONES = new Uint8Array([0xff, 0xff, 0xff, 0xff]);

/** EV_SEPARATOR: the digest is of the 4-byte value. */
export function decodeSeparator(input: DecodeInput): DecodedEvent {
  const { data } = input;
  if (data.length === 4) {
    const value = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
    return mustMatch(input, { kind: 'separator', value, error: value === SEPARATOR_ERROR });
  }
  if (asciiText(data) !== undefined && input.matches(ALL_ONES)) {
    return boundWithQuirk('separator-data-text', { kind: 'separator', value: 0xffffffff, error: false });
  }
  return mismatch({ kind: 'separator', value: undefined, error: false });
}

/** EV_EFI_ACTION and EV_OMIT_BOOT_DEVICE_EVENTS: the digest is of the text. */
export function decodeAction(input: DecodeInput): DecodedEvent {
  return mustMatch(input, actionBody(input));
}

/** EV_ACTION: the same, but for firmware that names components by it. */
export function decodeLegacyAction(input: DecodeInput): DecodedEvent {
  const body = actionBody(input);
  return input.matches(input.data) ? bound(body) : hint(body, 'action-digest-unrelated');
}

/** Firmwares disagree on a terminator: with and without it the text is the same, so that none hides behind it. */
function actionBody({ data }: DecodeInput): EventBody {
  const text = asciiText(data);
  return text === undefined ? { kind: 'label', text, data } : { kind: 'action', text };
}

/** EV_S_CRTM_VERSION: the digest is of the version. */
export function decodeCrtmVersion(input: DecodeInput): DecodedEvent {
  const { data } = input;
  const body: EventBody = { kind: 'crtm-version', text: labelText(data), data };
  return input.matches(data) ? bound(body) : hint(body, 'crtm-version-digest-unrelated');
}

/** EV_EFI_GPT_EVENT: the digest is of the data. */
export function decodeGpt(input: DecodeInput): DecodedEvent {
  return mustMatch(input, gptBody(input));
}

/** EV_EFI_GPT_EVENT2: of the table without its unique identifiers, which the data may or may not have left out. */
export function decodeGpt2(input: DecodeInput): DecodedEvent {
  return mayMatch(input, gptBody(input));
}

function gptBody(input: DecodeInput): EventBody {
  return bodyOf(input, () => ({ kind: 'gpt', gpt: parseGptEventData(input.data, PART, input.event.dataOffset) }));
}

/** EV_EFI_BOOT_SERVICES_APPLICATION and the driver types: the digest is of the image, all of the data a hint. */
export function decodeImage(input: DecodeInput): DecodedEvent {
  return hint(bodyOf(input, () => imageBody(input)));
}

function imageBody(input: DecodeInput): ImageBody {
  const { event, data } = input;
  const image = parseImageLoadEvent(data, PART, event.dataOffset);
  return {
    kind: 'image',
    role:
      event.type === EV_EFI_BOOT_SERVICES_APPLICATION
        ? 'application'
        : event.type === EV_EFI_BOOT_SERVICES_DRIVER
          ? 'boot-services-driver'
          : 'runtime-services-driver',
    imageLocation: image.imageLocationInMemory,
    imageLength: image.imageLengthInMemory,
    imageLinkTimeAddress: image.imageLinkTimeAddress,
    path: pathText(image.devicePath, event.dataOffset + image.devicePathOffset),
  };
}

function pathText(path: Uint8Array, base: number): string | undefined {
  if (path.length === 0) return '';
  return readOr(
    () => devicePathText(path, PART, base),
    () => undefined,
  );
}

/** EV_EFI_PLATFORM_FIRMWARE_BLOB: the digest is of the firmware volume, the data its place in memory. */
export const decodeFirmwareBlob: EventDecoder = (input) =>
  hint(bodyOf(input, () => blobBody(parseFirmwareBlob(input.data, PART, input.event.dataOffset))));

/** EV_EFI_PLATFORM_FIRMWARE_BLOB2: the same, with a description. */
export const decodeFirmwareBlob2: EventDecoder = (input) =>
  hint(bodyOf(input, () => blobBody(parseFirmwareBlob2(input.data, PART, input.event.dataOffset))));

function blobBody({ description, blobBase, blobLength }: FirmwareBlob): FirmwareBlobBody {
  return { kind: 'firmware-blob', ...(description === undefined ? {} : { description }), blobBase, blobLength };
}

/** EV_EFI_HANDOFF_TABLES: the digest is of the tables, the data their addresses. */
export const decodeHandoffTables: EventDecoder = (input) =>
  hint(bodyOf(input, () => tablesBody(parseHandoffTables(input.data, PART, input.event.dataOffset))));

/** EV_EFI_HANDOFF_TABLES2: the same, with a description. */
export const decodeHandoffTables2: EventDecoder = (input) =>
  hint(bodyOf(input, () => tablesBody(parseHandoffTables2(input.data, PART, input.event.dataOffset))));

function tablesBody({ description, tables }: HandoffTables): HandoffTablesBody {
  return {
    kind: 'handoff-tables',
    ...(description === undefined ? {} : { description }),
    tables: tables.map(({ guid, address }) => {
      const name = guidName(guid);
      return name === undefined ? { guid, address } : { guid, name, address };
    }),
  };
}

/** EV_POST_CODE and EV_S_CRTM_CONTENTS: the digest is of code, the data a label or the place of the code. */
export const decodeCode: EventDecoder = (input) => {
  const { data } = input;
  if (data.length === 16 && asciiText(data) === undefined) return decodeFirmwareBlob(input);
  return hint(label(data));
};

/** EV_POST_CODE2: a label or UEFI_PLATFORM_FIRMWARE_BLOB2. */
export const decodeCode2: EventDecoder = (input) =>
  labelText(input.data) === undefined ? decodeFirmwareBlob2(input) : hint(label(input.data));

/** Types whose data describes something measured and is never itself what the digest is of. */
export const decodeLabel: EventDecoder = (input) => hint(label(input.data));

/** Types whose digest is of the data on some firmwares and of something else on others, as the specification allows. */
export const decodeLabelOrData: EventDecoder = (input) => mayMatch(input, label(input.data));

function label(data: Uint8Array): EventBody {
  return { kind: 'label', text: labelText(data), data };
}
