/** Extended key usages of the TCG's profiles (TCG OID Registry, tcg-kp). */
export const PURPOSE = {
  /** tcg-kp-EKCertificate */
  ek: '2.23.133.8.1',
  /** tcg-kp-PlatformAttributeCertificate */
  platform: '2.23.133.8.2',
  /** tcg-kp-DeltaPlatformAttributeCertificate */
  deltaPlatform: '2.23.133.8.5',
  /** anyExtendedKeyUsage (RFC 5280, clause 4.2.1.12) */
  any: '2.5.29.37.0',
} as const;
