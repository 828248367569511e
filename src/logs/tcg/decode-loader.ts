/** Events of boot loaders: EV_IPL of GRUB, shim, systemd's loader and stub, and EV_EVENT_TAG. */

import { ByteReader } from '../../bytes/reader.ts';
import { utf16LengthToNul, utf16Text } from '../../uefi/utf16.ts';
import {
  asciiText,
  bodyOf,
  bound,
  boundWithQuirk,
  hint,
  labelText,
  mayMatch,
  mismatch,
  PART,
  type DecodeInput,
} from './decode.ts';
import type { DecodedEvent, EventBody, GrubTextBody } from './event-body.ts';
import { eventTagName } from './event-tags.ts';

/** What GRUB writes before the text it hashes; the second form of each is of one distribution. */
const GRUB_PREFIXES: readonly { readonly prefix: Uint8Array; readonly kind: GrubTextBody['kind'] }[] = (
  [
    ['grub_cmd: ', 'grub-command'],
    ['kernel_cmdline: ', 'kernel-command-line'],
    ['module_cmdline: ', 'module-command-line'],
    ['grub_cmd ', 'grub-command'],
    ['grub_kernel_cmdline ', 'kernel-command-line'],
    ['grub_module_cmdline ', 'module-command-line'],
  ] as const
).map(([prefix, kind]) => ({ prefix: Buffer.from(prefix, 'latin1'), kind }));

/** Strict, and a byte order mark is text like any other: two different texts never read the same. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** EV_IPL in PCR 8: a line of GRUB, or the kernel command line of an older systemd-boot in UTF-16. */
export function decodeIplCommand(input: DecodeInput): DecodedEvent {
  const { data } = input;
  for (const { prefix, kind } of GRUB_PREFIXES) {
    if (!startsWith(data, prefix)) continue;
    const text = data.subarray(prefix.length);
    const end = text.at(-1) === 0 ? text.length - 1 : text.length;
    const measured = text.subarray(0, end);
    const body = grubBody(input, kind, measured);
    if (input.matches(measured)) return bound(body);
    if (end < text.length && input.matches(text)) return boundWithQuirk('grub-text-with-nul', body);
    return mismatch(body);
  }
  return decodeIplOverride(input);
}

function grubBody(input: DecodeInput, kind: GrubTextBody['kind'], text: Uint8Array): EventBody {
  try {
    return { kind, text: UTF8.decode(text) };
  } catch {
    return { kind: 'malformed', code: 'tcg.grub-text', detail: 'the text is not UTF-8', data: input.data };
  }
}

/** EV_IPL in PCR 9: a file that GRUB read; the digest is of its content. */
export function decodeIplFile({ data }: DecodeInput): DecodedEvent {
  const path = asciiText(data);
  return hint(path === undefined ? { kind: 'label', text: labelText(data), data } : { kind: 'file', path });
}

/** EV_IPL in PCR 11: names and contents of the sections of a unified kernel image, in turn. */
export function decodeIplSection(input: DecodeInput): DecodedEvent {
  const { data, context } = input;
  const name = labelText(data);
  if (name === undefined) return hint({ kind: 'label', text: undefined, data });
  if (context.sectionName?.name === name) {
    return hint({ kind: 'stub-section', name, nameIndex: context.sectionName.index });
  }
  if (input.matches(Buffer.from(`${name}\0`, 'latin1'))) return bound({ kind: 'stub-section-name', name });
  return hint({ kind: 'label', text: name, data });
}

/** EV_IPL in PCR 12: what overrides an image, as UTF-16 text; or the label of credentials, whose digest is of their content. */
export function decodeIplOverride(input: DecodeInput): DecodedEvent {
  const { data, event } = input;
  const end = utf16LengthToNul(data) ?? data.length - (data.length % 2);
  const rest = data.subarray(end);
  const label: EventBody = { kind: 'label', text: labelText(data), data };
  // Nothing but terminators may follow the text: else the digest would not tell which text it is of.
  if (end === 0 || rest.some((byte) => byte !== 0)) return mayMatch(input, label);
  const text = data.subarray(0, end);
  const body = bodyOf(input, () => ({ kind: 'stub-command-line', text: utf16Text(text, PART, event.dataOffset) }));
  if (input.matches(data)) return bound(body);
  const terminated = new Uint8Array(end + 2);
  terminated.set(text);
  if (input.matches(terminated) || (rest.length > 0 && input.matches(text)))
    return boundWithQuirk('stub-text-terminator', body);
  return hint(label);
}

/** EV_IPL in PCR 13: a system extension; the digest is of its content. */
export function decodeIplLabel({ data }: DecodeInput): DecodedEvent {
  return hint({ kind: 'label', text: labelText(data), data });
}

const MOK_NAMES = new Set(['MokList', 'MokListX', 'MokListTrusted', 'MokSBState', 'MokDBState', 'MokPolicy']);

/** EV_IPL in PCR 14: a variable of shim; the digest is of its content. */
export function decodeIplMok({ data }: DecodeInput): DecodedEvent {
  const text = labelText(data);
  return hint(text !== undefined && MOK_NAMES.has(text) ? { kind: 'mok', name: text } : { kind: 'label', text, data });
}

/** EV_EVENT_TAG: TCG_PCClientTaggedEvent; its digest is of the whole structure, or of what the tag names. */
export function decodeEventTag(input: DecodeInput): DecodedEvent {
  const { data, event } = input;
  const body = bodyOf(input, () => {
    const r = new ByteReader(data, PART, event.dataOffset);
    const id = r.u32();
    const size = r.u32();
    if (size !== r.remaining) throw r.error('tcg.tag-size', `tagged data of ${size} bytes, ${r.remaining} are there`);
    const name = eventTagName(id);
    return { kind: 'tagged', id, ...(name === undefined ? {} : { name }), data: r.rest() };
  });
  return mayMatch(input, body);
}

function startsWith(data: Uint8Array, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i++) if (data[i] !== prefix[i]) return false;
  return true;
}
