/** Where certificates of the corpus are refused, or judged otherwise than by OpenSSL. An entry that no longer shows fails the test. */

/** Why OpenSSL's answer and ours differ. */
export type Difference =
  /** It reads no serial number with leading zeros; the quirk `padded-serial-number` does. */
  | 'openssl-refuses-padded-numbers'
  /** It takes issuer and serial number in the authority key identifier for binding; the signature decides here. */
  | 'openssl-follows-authority-serial'
  /** It does not load a key marked for RSAES-OAEP, and stops. */
  | 'openssl-loads-no-oaep-key'
  | `unexplained: ${string}`;

/** Certificate → code. */
export const REFUSED: Readonly<Record<string, string>> = {
  'nsacyber__HIRS/HIRS_Utils/src/test/resources/certificates/certificate_notParsable.crt#0': 'der.truncated',
};

const HIRS = 'nsacyber__HIRS/HIRS_AttestationCA/src/test/resources/certificates';
const SECL = 'intel-secl__intel-secl/pkg/hvs/domain/mocks/resources/EndorsementCA-external.pem';
const KEYLIME = 'keylime__keylime/tpm_cert_store';

export const DIFFERENCES: Readonly<Record<string, Exclude<Difference, `unexplained: ${string}`>>> = {
  [`${HIRS}/stmtpmekint02.pem#0`]: 'openssl-refuses-padded-numbers',
  [`${SECL}#2`]: 'openssl-refuses-padded-numbers',
  [`${SECL}#3`]: 'openssl-refuses-padded-numbers',
  [`${HIRS}/nuc-1/ek_cert_7_byte_header_removed.cer`]: 'openssl-loads-no-oaep-key',
  [`${HIRS}/nuc-1/ek_cert_untouched.cer`]: 'openssl-loads-no-oaep-key',
  ...Object.fromEntries(
    ['IFX1', 'IFX15', 'IFX2', 'IFX3', 'IFX4', 'IFX5', 'IFX8', 'IFX_RSA_18I', 'IFX_RSA_20I'].map(
      (name) => [`${KEYLIME}/${name}.pem#0`, 'openssl-follows-authority-serial'] as const,
    ),
  ),
};
