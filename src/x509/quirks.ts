/**
 * What real makers do against the standards and is tolerated nevertheless: a closed table. A quirk is told by what the bytes say,
 * never by the file or the machine they come from, and every one that was used shows in the result.
 */

/** Name of each quirk → what is tolerated, against which clause, and who does it. Clauses are of RFC 5280 unless said otherwise. */
export const QUIRKS = {
  'padded-serial-number':
    'the serial number has superfluous leading zeros (X.690, 8.3.2): intermediate certificates of STMicroelectronics; it is compared without them',
  'serial-number-not-positive': 'the serial number is zero or negative (4.1.2.2, which asks readers to bear it)',
  'long-serial-number': 'the serial number has more than 20 octets (4.1.2.2)',
  'unsorted-set':
    'the values of a set are not sorted (X.690, 11.6): names of Nuvoton; names are compared as they stand, never written again',
  'explicit-default':
    'a default value is spelled out (X.690, 11.5): Intel firmware TPMs write `critical` and `cA` as FALSE',
  'padded-key-usage': 'the key usage ends in zero bits (X.690, 11.2.2): Infineon and STMicroelectronics',
  'early-generalized-time': 'a year before 2050 is a GeneralizedTime (4.1.2.5): AMD firmware TPMs, Alibaba Cloud',
  'ecdsa-null-parameters': 'an ECDSA signature algorithm has NULL parameters (RFC 5758, 3.2): the Intel on-die root',
  'issuer-string-type':
    "the issuer's name is written with another string type than in the issuer's certificate, with the same characters (7.1): STMicroelectronics",
  'missing-aki': 'no authority key identifier (4.2.1.1): Nuvoton',
  'aki-key-id-differs':
    "the authority key identifier is not the issuer's subject key identifier; the signature decides",
  'aki-serial-differs':
    'the authority key identifier names another certificate of the issuer: Infineon intermediates name the cross-certificate; the signature decides',
  'version-1-anchor': 'the trust anchor is a version 1 certificate, which cannot say that it is a CA (6.1.4, k)',
  'rsassa-pss-key': 'the key is marked for RSASSA-PSS only (RFC 4055, 1.2)',
  'rsaes-oaep-key':
    'the key is marked for RSAES-OAEP (RFC 4055, 1.2), which libraries do not load: Infineon, Nuvoton and STMicroelectronics',
  'nv-header': 'the certificate stands in the TCG_PCCLIENT_STORED_CERT structure of TPM 1.2: STMicroelectronics',
  'nv-padding': 'the rest of the NV index is filled with one repeated byte: Nuvoton and STMicroelectronics',
  'critical-san': 'the subject alternative name is critical, as it must be where the subject is empty (4.2.1.6)',
  'critical-eku': 'the extended key usage is critical: Nuvoton and STMicroelectronics',
  'missing-eku': 'no extended key usage (EK Credential Profile, 3.2): Infineon, cloud providers',
  'missing-key-usage': 'no key usage (EK Credential Profile, 3.2): Nuvoton and STMicroelectronics',
  'missing-tpm-attributes':
    'no manufacturer, model and version of the TPM in the subject alternative name (EK Credential Profile, 3.2): cloud providers',
  'bare-alternative-name':
    'the subject alternative name is a name and no list of names (4.2.1.6): early platform certificates of Intel',
  'missing-issuer-eku':
    'the issuer has no extended key usage that allows platform certificates (Platform Certificate Profile 1.1): all issuers seen so far',
} as const;

export type QuirkName = keyof typeof QUIRKS;

/** A quirk met in a chain. */
export interface QuirkUse {
  readonly quirk: QuirkName;
  /** Position of the certificate: 0 is the leaf. */
  readonly position: number;
}

/** Octets of the padded serial numbers, and who writes them. */
const PADDED_SERIALS: readonly { readonly organization: string; readonly octets: number }[] = [
  { organization: 'STMicroelectronics NV', octets: 4 },
];

/** Whether this maker writes serial numbers of this length with leading zeros. */
export function writesPaddedSerials(organization: string | undefined, content: Uint8Array): boolean {
  return PADDED_SERIALS.some((known) => known.organization === organization && known.octets === content.length);
}
