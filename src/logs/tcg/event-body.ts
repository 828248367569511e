/** What the data of an event says, by kind; and how far its digest vouches for it. */

import type { SignatureList } from '../../uefi/signature-list.ts';
import type { GptEventData } from '../../uefi/gpt.ts';
import type { QuirkName } from './quirks.ts';

/**
 * How the data of an event relates to the digest in one bank.
 * `bound`: the digest is of the data, as the specification says. `bound-with-quirk`: it is of the data by a named rule of
 * real firmware. `hint`: the digest is of something else (an image, a file), the data only describes it.
 * `mismatch`: the digest must be of the data and is not. `not-extended`: EV_NO_ACTION, which reaches no PCR.
 */
export type Binding = 'bound' | 'bound-with-quirk' | 'hint' | 'mismatch' | 'not-extended';

/** EV_SEPARATOR: 0 or FFFFFFFF before the operating system, 1 for an error (PFP 1.06, 3.3.2.2 and 10.4.1). */
export interface SeparatorBody {
  readonly kind: 'separator';
  /** the 4-byte value, or `undefined` if the data is no 4-byte value */
  readonly value: number | undefined;
  /** whether the value states an error of the firmware */
  readonly error: boolean;
}

/** EV_ACTION, EV_EFI_ACTION and EV_OMIT_BOOT_DEVICE_EVENTS: a fixed text, of which the digest is. */
export interface ActionBody {
  readonly kind: 'action';
  readonly text: string;
}

/** EV_EFI_VARIABLE_DRIVER_CONFIG, EV_EFI_VARIABLE_BOOT and EV_EFI_VARIABLE_BOOT2: UEFI_VARIABLE_DATA. */
export interface VariableBody {
  readonly kind: 'variable';
  readonly name: string;
  readonly guid: string;
  readonly data: Uint8Array;
  /** Whether the digest covers name and GUID too. Where it covers the data alone, the name is only the host's word. */
  readonly nameBound: boolean;
  /** the data as signature lists, for the variables that hold them (PK, KEK, db, dbx, dbt, dbr) */
  readonly signatureLists?: readonly SignatureList[];
  /** why a variable that should hold signature lists could not be read as such */
  readonly signatureListsError?: string;
}

/** EV_EFI_VARIABLE_AUTHORITY: the entry of a signature database that admitted an image, as UEFI_VARIABLE_DATA. */
export interface AuthorityBody {
  readonly kind: 'authority';
  /** the variable the entry is of: `db`, `MokList`, `Shim`, `SbatLevel` … */
  readonly name: string;
  readonly guid: string;
  /** the variable's data whole: an EFI_SIGNATURE_DATA, or shim's own content (a certificate, SBAT text, one byte) */
  readonly data: Uint8Array;
  /** the certificate or image hash in `data`, where it holds one; shim logs its own certificate without an owner */
  readonly signature?: {
    readonly type: 'x509' | 'sha256';
    /** SignatureOwner, a GUID */
    readonly owner: string | undefined;
    readonly data: Uint8Array;
    /** SHA-256 of `data`, hexadecimal */
    readonly sha256: string;
  };
}

/** UEFI_IMAGE_LOAD_EVENT: an image was loaded. The digest is the image's Authenticode digest; all of this is a hint. */
export interface ImageBody {
  readonly kind: 'image';
  readonly role: 'application' | 'boot-services-driver' | 'runtime-services-driver';
  readonly imageLocation: bigint;
  readonly imageLength: bigint;
  readonly imageLinkTimeAddress: bigint;
  /** device path as text; `undefined` where it cannot be read */
  readonly path: string | undefined;
}

/** EV_EFI_GPT_EVENT and EV_EFI_GPT_EVENT2: UEFI_GPT_DATA. */
export interface GptBody {
  readonly kind: 'gpt';
  readonly gpt: GptEventData;
}

/** UEFI_PLATFORM_FIRMWARE_BLOB and BLOB2, by the types that carry it. The digest is of the firmware volume. */
export interface FirmwareBlobBody {
  readonly kind: 'firmware-blob';
  readonly description?: string;
  readonly blobBase: bigint;
  readonly blobLength: bigint;
}

/** EV_S_CRTM_VERSION: a version, as text where it is text. */
export interface CrtmVersionBody {
  readonly kind: 'crtm-version';
  readonly text: string | undefined;
  readonly data: Uint8Array;
}

/** UEFI_HANDOFF_TABLE_POINTERS and POINTERS2: configuration tables by GUID; the digest is of the tables. */
export interface HandoffTablesBody {
  readonly kind: 'handoff-tables';
  readonly description?: string;
  readonly tables: readonly { readonly guid: string; readonly name?: string; readonly address: bigint }[];
}

/**
 * A line measured by GRUB into PCR 8. The digest is of `text` alone: which of the kinds it is stands in a prefix that no
 * digest covers, so a reader must judge all lines of PCR 8 in order, not pick some by kind.
 */
export interface GrubTextBody {
  readonly kind: 'grub-command' | 'kernel-command-line' | 'module-command-line';
  readonly text: string;
}

/** A file measured into PCR 9 by GRUB: the digest is of the content, the path is a hint. */
export interface FileBody {
  readonly kind: 'file';
  readonly path: string;
}

/** A MOK variable measured into PCR 14 by shim: the digest is of the variable's content, the name is a hint. */
export interface MokBody {
  readonly kind: 'mok';
  readonly name: string;
}

/** The name of a section of a unified kernel image, measured by its stub before the content (PCR 11). */
export interface StubSectionNameBody {
  readonly kind: 'stub-section-name';
  readonly name: string;
}

/**
 * The content of a section of a unified kernel image (PCR 11): the digest is of the content. `nameIndex` is the event just
 * before it in PCR 11 whose bound data is the same name; the order within one PCR is authenticated.
 */
export interface StubSectionBody {
  readonly kind: 'stub-section';
  readonly name: string;
  readonly nameIndex: number;
}

/** A command line, credential or add-on text taken over by the stub (PCR 12), in UTF-16. */
export interface StubCommandLineBody {
  readonly kind: 'stub-command-line';
  readonly text: string;
}

/** EV_EVENT_TAG: TCG_PCClientTaggedEvent. `name` for the ids known here (`event-tags.ts`). */
export interface TaggedBody {
  readonly kind: 'tagged';
  readonly id: number;
  readonly name?: string;
  readonly data: Uint8Array;
}

/** Text or bytes that stand for a measured thing: EV_POST_CODE, EV_S_CRTM_CONTENTS, EV_IPL of a boot loader not known … */
export interface LabelBody {
  readonly kind: 'label';
  readonly text: string | undefined;
  readonly data: Uint8Array;
}

/** EV_NO_ACTION by the 16-byte signature of its data. */
export interface NoActionBody {
  readonly kind: 'no-action';
  /** what it is: a Spec ID, a startup locality, a reference to a RIM (unauthenticated), or something not known here */
  readonly subject: 'spec-id' | 'startup-locality' | 'sp800-155' | 'other';
  readonly locality?: number;
  readonly signature: string | undefined;
  readonly data: Uint8Array;
}

/** Data that does not follow the format its (PCR, type) demands. */
export interface MalformedBody {
  readonly kind: 'malformed';
  /** stable code of the decoder's error */
  readonly code: string;
  readonly detail: string;
  readonly data: Uint8Array;
}

/** A (PCR, type) without a meaning here. */
export interface UnknownBody {
  readonly kind: 'unknown';
  readonly data: Uint8Array;
}

export type EventBody =
  | SeparatorBody
  | ActionBody
  | VariableBody
  | AuthorityBody
  | ImageBody
  | GptBody
  | FirmwareBlobBody
  | CrtmVersionBody
  | HandoffTablesBody
  | GrubTextBody
  | FileBody
  | MokBody
  | StubSectionNameBody
  | StubSectionBody
  | StubCommandLineBody
  | TaggedBody
  | LabelBody
  | NoActionBody
  | MalformedBody
  | UnknownBody;

/** The data of one event, decoded and compared with its digest in one bank. */
export interface DecodedEvent {
  readonly binding: Binding;
  /** the quirk that explains the digest: with `bound-with-quirk` always, with `hint` where a quirk loosened `mismatch` */
  readonly quirk?: QuirkName;
  readonly body: EventBody;
}
