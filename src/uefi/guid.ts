/** EFI_GUID: 16 bytes, the first three fields little-endian (UEFI 2.10, appendix A). */

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const FIELDS: readonly (number | '-')[] = [3, 2, 1, 0, '-', 5, 4, '-', 7, 6, '-', 8, 9, '-', 10, 11, 12, 13, 14, 15];

/** A GUID in its registry form, lower case: `8be4df61-93ca-11d2-aa0d-00e098032b8c`. @param bytes exactly 16 */
export function guidText(bytes: Uint8Array): string {
  let text = '';
  for (const field of FIELDS) text += field === '-' ? field : HEX[bytes[field]!]!;
  return text;
}

/** EFI_GLOBAL_VARIABLE: SecureBoot, PK, KEK, Boot#### … */
export const GLOBAL_VARIABLE_GUID = '8be4df61-93ca-11d2-aa0d-00e098032b8c';
/** EFI_IMAGE_SECURITY_DATABASE_GUID: db, dbx, dbt, dbr */
export const IMAGE_SECURITY_GUID = 'd719b2cb-3d3a-4596-a3bc-dad00e67656f';
/** SHIM_LOCK_GUID: the variables shim owns (MokList …) and the events it measures */
export const SHIM_LOCK_GUID = '605dab50-e046-4300-abb6-3dd810dd8b23';

const NAMES: ReadonlyMap<string, string> = new Map([
  [GLOBAL_VARIABLE_GUID, 'EFI_GLOBAL_VARIABLE'],
  [IMAGE_SECURITY_GUID, 'EFI_IMAGE_SECURITY_DATABASE_GUID'],
  [SHIM_LOCK_GUID, 'SHIM_LOCK_GUID'],
  // signature types (UEFI 2.10, 32.4.1)
  ['a5c059a1-94e4-4aa7-87b5-ab155c2bf072', 'EFI_CERT_X509_GUID'],
  ['c1c41626-504c-4092-aca9-41f936934328', 'EFI_CERT_SHA256_GUID'],
  ['826ca512-cf10-4ac9-b187-be01496631bd', 'EFI_CERT_SHA1_GUID'],
  ['0b6e5233-a65c-44c9-9407-d9ab83bfc8bd', 'EFI_CERT_SHA224_GUID'],
  ['ff3e5307-9fd0-48c9-85f1-8ad56c701e01', 'EFI_CERT_SHA384_GUID'],
  ['093e0fae-a6c4-4f50-9f1b-d41e2b89c19a', 'EFI_CERT_SHA512_GUID'],
  ['3c5766e8-269c-4e34-aa14-ed776e85b3b6', 'EFI_CERT_RSA2048_GUID'],
  ['e2b36190-879b-4a3d-ad8d-f2e7bba32784', 'EFI_CERT_RSA2048_SHA256_GUID'],
  ['67f8444f-8743-48f1-a328-1eaab8736080', 'EFI_CERT_RSA2048_SHA1_GUID'],
  ['3bd2a492-96c0-4079-b420-fcf98ef103ed', 'EFI_CERT_X509_SHA256_GUID'],
  ['7076876e-80c2-4ee6-aad2-28b349a6865b', 'EFI_CERT_X509_SHA384_GUID'],
  ['446dbf63-2502-4cda-bcfa-2465d2b0fe9d', 'EFI_CERT_X509_SHA512_GUID'],
  ['452e8ced-dfff-4b8c-ae01-5118862e682c', 'EFI_CERT_EXTERNAL_MANAGEMENT_GUID'],
  // owners and tables met in logs
  ['77fa9abd-0359-4d32-bd60-28f4e78f784b', 'MICROSOFT_SIGNATURE_OWNER_GUID'],
  ['eb9d2d30-2d88-11d3-9a16-0090273fc14d', 'EFI_ACPI_TABLE_GUID'],
  ['8868e871-e4f1-11d3-bc22-0080c73c8881', 'EFI_ACPI_20_TABLE_GUID'],
  ['eb9d2d31-2d88-11d3-9a16-0090273fc14d', 'SMBIOS_TABLE_GUID'],
  ['f2fd1544-9794-4a2c-992e-e5bbcf20e394', 'SMBIOS3_TABLE_GUID'],
  // partition types (UEFI 2.10, 5.3.3)
  ['c12a7328-f81f-11d2-ba4b-00a0c93ec93b', 'EFI_PART_TYPE_EFI_SYSTEM_PART_GUID'],
  ['0fc63daf-8483-4772-8e79-3d69d8477de4', 'LINUX_FILESYSTEM_DATA'],
]);

/** The specification's name of a GUID, where it is one of those known here. */
export function guidName(guid: string): string | undefined {
  return NAMES.get(guid);
}
