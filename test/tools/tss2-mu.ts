/**
 * The structures of TPM 2.0 as the TSS marshals them (Debian's libtss2-mu, through its C interface): an encoder that shares
 * nothing with ours. The declarations follow `tss2/tss2_tpm2_types.h` of tpm2-tss 3.2.
 */

import koffi, { type TypeObject } from 'koffi';

const U8 = 'uint8_t';
const U16 = 'uint16_t';
const U32 = 'uint32_t';
const U64 = 'uint64_t';

const sized = (name: string, field: string, length: number): TypeObject =>
  koffi.struct(name, { size: U16, [field]: koffi.array(U8, length, 'Typed') });

const digest = sized('TPM2B_DIGEST', 'buffer', 64);
const data = sized('TPM2B_DATA', 'buffer', 66);
const name = sized('TPM2B_NAME', 'name', 68);
const rsaNumber = sized('TPM2B_PUBLIC_KEY_RSA', 'buffer', 512);
const eccNumber = sized('TPM2B_ECC_PARAMETER', 'buffer', 128);

const pcrSelection = koffi.struct('TPMS_PCR_SELECTION', {
  hash: U16,
  sizeofSelect: U8,
  pcrSelect: koffi.array(U8, 4, 'Typed'),
});
koffi.struct('TPML_PCR_SELECTION', { count: U32, pcrSelections: koffi.array(pcrSelection, 16) });

const symmetric = koffi.struct('TPMT_SYM_DEF_OBJECT', { algorithm: U16, keyBits: U16, mode: U16 });
/** TPMU_ASYM_SCHEME: the hash comes first in every member, and only ECDAA has more. */
const scheme = koffi.struct('TPMT_ASYM_SCHEME', { scheme: U16, hashAlg: U16, count: U16 });
const kdf = koffi.struct('TPMT_KDF_SCHEME', { scheme: U16, hashAlg: U16 });
const rsaParms = koffi.struct('TPMS_RSA_PARMS', { symmetric, scheme, keyBits: U16, exponent: U32 });
const eccParms = koffi.struct('TPMS_ECC_PARMS', { symmetric, scheme, curveID: U16, kdf });
const point = koffi.struct('TPMS_ECC_POINT', { x: eccNumber, y: eccNumber });
koffi.struct('TPMT_PUBLIC', {
  type: U16,
  nameAlg: U16,
  objectAttributes: U32,
  authPolicy: digest,
  parameters: koffi.union('TPMU_PUBLIC_PARMS', { rsaDetail: rsaParms, eccDetail: eccParms }),
  unique: koffi.union('TPMU_PUBLIC_ID', { rsa: rsaNumber, ecc: point }),
});

const rsaSignature = koffi.struct('TPMS_SIGNATURE_RSA', { hash: U16, sig: rsaNumber });
const eccSignature = koffi.struct('TPMS_SIGNATURE_ECC', { hash: U16, signatureR: eccNumber, signatureS: eccNumber });
koffi.struct('TPMT_SIGNATURE', {
  sigAlg: U16,
  signature: koffi.union('TPMU_SIGNATURE', { rsa: rsaSignature, ecdsa: eccSignature }),
});

const clockInfo = koffi.struct('TPMS_CLOCK_INFO', { clock: U64, resetCount: U32, restartCount: U32, safe: U8 });
const nvBuffer = sized('TPM2B_MAX_NV_BUFFER', 'buffer', 2048);
const timeInfo = koffi.struct('TPMS_TIME_INFO', { time: U64, clockInfo });
const attested = koffi.union('TPMU_ATTEST', {
  certify: koffi.struct('TPMS_CERTIFY_INFO', { name, qualifiedName: name }),
  creation: koffi.struct('TPMS_CREATION_INFO', { objectName: name, creationHash: digest }),
  quote: koffi.struct('TPMS_QUOTE_INFO', { pcrSelect: 'TPML_PCR_SELECTION', pcrDigest: digest }),
  time: koffi.struct('TPMS_TIME_ATTEST_INFO', { time: timeInfo, firmwareVersion: U64 }),
  nv: koffi.struct('TPMS_NV_CERTIFY_INFO', { indexName: name, offset: U16, nvContents: nvBuffer }),
});
koffi.struct('TPMS_ATTEST', {
  magic: U32,
  type: U16,
  qualifiedSigner: name,
  extraData: data,
  clockInfo,
  firmwareVersion: U64,
  attested,
});

export type TssStructure = 'TPMT_PUBLIC' | 'TPMT_SIGNATURE' | 'TPMS_ATTEST' | 'TPML_PCR_SELECTION';

/** No structure of these is longer. */
const ROOM = 4096;

/** The bytes of a structure given by the TSS's own field names. */
export function marshal(structure: TssStructure, value: object): Uint8Array {
  // Loaded here, not on import: the test installs it first where it is missing.
  const call = koffi
    .load('libtss2-mu.so.0')
    .func(
      `uint32_t Tss2_MU_${structure}_Marshal(const ${structure} *src, _Out_ uint8_t *buffer, size_t size, _Inout_ size_t *offset)`,
    );
  const buffer = new Uint8Array(ROOM);
  const offset = [0];
  const code = call(value, buffer, ROOM, offset) as number;
  if (code !== 0) throw new Error(`Tss2_MU_${structure}_Marshal: 0x${code.toString(16)}`);
  return buffer.subarray(0, offset[0]);
}

/** What a TPM2B of the TSS looks like to C: its size, and its bytes at the start of all its room. */
export function tpm2b(bytes: Uint8Array, room: number, field = 'buffer'): object {
  const all = new Uint8Array(room);
  all.set(bytes);
  return { size: bytes.length, [field]: all };
}
