/** What shim carries and measures on a machine without enrolled MOKs (shim's mok.c and sbat.c, from 15.8). */

import { EvidenceError } from '../bytes/errors.ts';
import { ByteReader } from '../bytes/reader.ts';
import { fromHex } from '../bytes/text.ts';
import { ByteWriter } from '../bytes/writer.ts';
import type { ManifestEvent } from '../references/manifest.ts';
import { peSection, sectionContent, type PeImage } from '../uefi/pe.ts';
import { CERT_SHA256_GUID, CERT_X509_GUID, parseSignatureLists, signaturesOf } from '../uefi/signature-list.ts';
import { SHIM_LOCK_GUID } from '../uefi/guid.ts';
import { parseCertificate } from '../x509/certificate.ts';
import { measured } from './measure.ts';

/** SbatLevel's text is a few lines. */
const MAX_SBAT_LEVEL = 4096;

interface ShimContent {
  /** SHA-256 of each vendor certificate. */
  readonly vendorCertificates: readonly string[];
  /** MokList as shim mirrors it where no MOK is enrolled: the vendor's certificates as signature lists. */
  readonly mokList: Uint8Array;
  /** MokListX likewise: the vendor's revocations. */
  readonly mokListX: Uint8Array;
  /** Built-in SBAT revocation levels, the previous (which shim applies by itself) and the latest. */
  readonly sbatLevels: readonly [automatic: string, latest: string];
}

/** @throws EvidenceError `shim.vendor-certificate`, `shim.sbat-level`, `shim.section`, and those of the readers */
export function readShim(image: PeImage): ShimContent {
  const { authorized, deauthorized } = vendorTable(image);
  const bare = authorized.length > 0 && authorized[0] === 0x30;
  const mokList = authorized.length === 0 ? emptyList() : bare ? certificateList(authorized) : authorized;
  const lists = authorized.length === 0 ? [] : parseSignatureLists(mokList, 'shim vendor certificates', 0);
  const certificates = lists
    .filter((list) => list.type === CERT_X509_GUID)
    .flatMap((list) => signaturesOf(list))
    .map(({ data }) => parseCertificate(data, 'shim vendor certificate').sha256);
  return {
    vendorCertificates: certificates,
    mokList,
    mokListX: deauthorized.length === 0 ? emptyList() : deauthorized,
    sbatLevels: sbatLevels(image),
  };
}

/**
 * PCR 14 where no MOK was ever enrolled and shim's defaults hold: the two mirrored lists, then MokListTrusted, which is 1 unless
 * an operator set it to 0. MokSBState and MokDBState are measured only where they exist.
 */
export function mokEvents(shim: ShimContent): ManifestEvent[] {
  return [
    measured('mok', 'MokList', shim.mokList),
    measured('mok', 'MokListX', shim.mokListX),
    measured('mok', 'MokListTrusted', Uint8Array.of(1)),
  ];
}

/** The `.vendor_cert` section: sizes, then offsets from the section's start, of what the vendor admits and of what it revokes. */
function vendorTable(image: PeImage): { authorized: Uint8Array; deauthorized: Uint8Array } {
  const content = contentOf(image, '.vendor_cert');
  const header = new ByteReader(content, `${image.part} (.vendor_cert)`);
  const authorizedSize = header.u32();
  const deauthorizedSize = header.u32();
  const authorizedOffset = header.u32();
  const deauthorizedOffset = header.u32();
  const range = (offset: number, size: number): Uint8Array => {
    if (size > 0 && (offset < 16 || offset + size > content.length)) {
      throw header.error('shim.vendor-certificate', 'a vendor list outside its section');
    }
    return content.subarray(offset, offset + size);
  };
  return {
    authorized: range(authorizedOffset, authorizedSize),
    deauthorized: range(deauthorizedOffset, deauthorizedSize),
  };
}

/** The `.sbatlevel` section: a version, then the offsets, from behind it, of two NUL-terminated texts. */
function sbatLevels(image: PeImage): readonly [string, string] {
  const content = contentOf(image, '.sbatlevel');
  const header = new ByteReader(content, `${image.part} (.sbatlevel)`);
  const version = header.u32();
  if (version !== 0) throw header.error('shim.sbat-level', `version ${version} of the section is not known`);
  const text = (offset: number): string => {
    const rest = content.subarray(offset, offset + MAX_SBAT_LEVEL);
    const end = rest.indexOf(0);
    const level = Buffer.from(rest.subarray(0, Math.max(end, 0))).toString('latin1');
    if (!level.startsWith('sbat,')) throw header.error('shim.sbat-level', 'a level that does not start with sbat');
    return level;
  };
  const previous = header.u32();
  const latest = header.u32();
  return [text(4 + previous), text(4 + latest)];
}

function contentOf(image: PeImage, name: string): Uint8Array {
  const section = peSection(image, name);
  if (section !== undefined) return sectionContent(image, section);
  throw new EvidenceError('shim.section', `shim: no ${name} section`, { part: image.part });
}

/** EFI_SIGNATURE_LIST of one entry owned by shim (UEFI 2.10, 32.4.1). */
function signatureList(type: string, data: Uint8Array): Uint8Array {
  const signatureSize = 16 + data.length;
  return new ByteWriter()
    .raw(guidBytes(type))
    .u32(28 + signatureSize)
    .u32(0)
    .u32(signatureSize)
    .raw(guidBytes(SHIM_LOCK_GUID))
    .raw(data)
    .bytes();
}

function certificateList(der: Uint8Array): Uint8Array {
  return signatureList(CERT_X509_GUID, der);
}

/** What shim mirrors into a list that would be empty: one SHA-256 entry of zeros. */
function emptyList(): Uint8Array {
  return signatureList(CERT_SHA256_GUID, new Uint8Array(32));
}

/** The 16 bytes of a GUID in registry form: the first three fields little-endian (UEFI 2.10, appendix A). */
function guidBytes(text: string): Uint8Array {
  const bytes = fromHex(text.replaceAll('-', ''));
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
