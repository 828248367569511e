/** Where the makers of TPMs publish their roots. The roots themselves are not here: whoever trusts one looks at it first. */

import type { RootClass } from '../references/enrolment.ts';

/** One maker of TPMs. */
export interface Vendor {
  /** how the command line names it */
  readonly id: string;
  readonly name: string;
  /** what its roots vouch for */
  readonly class: RootClass;
  /** of its roots, each in DER or PEM; https only */
  readonly urls: readonly string[];
}

const nuvoton = (file: string): string =>
  `https://www.nuvoton.com/security/NTC-TPM-EK-Cert/${encodeURIComponent(file)}`;
const infineon = (name: string): string => `https://pki.infineon.com/${name}/${name}.crt`;
const globalSign = (file: string): string => `https://secure.globalsign.com/cacert/${file}`;

/** A closed list: no address ever comes from a certificate or anything else that a host sends. */
export const VENDORS: readonly Vendor[] = [
  {
    id: 'infineon',
    name: 'Infineon',
    class: 'discrete',
    urls: ['OptigaRsaRootCA', 'OptigaRsaRootCA2', 'OptigaEccRootCA', 'OptigaEccRootCA2'].map(infineon),
  },
  {
    id: 'stmicro',
    name: 'STMicroelectronics',
    class: 'discrete',
    urls: [
      ...['gstpmroot.crt', 'tpmeccroot.crt', 'stmtpmekroot.crt', 'stmtpmeccroot01.crt'].map(globalSign),
      'https://sw-center.st.com/STSAFE/STSAFERsaRootCA02.crt',
      'https://sw-center.st.com/STSAFE/STSAFEEccRootCA02.crt',
    ],
  },
  {
    id: 'nuvoton',
    name: 'Nuvoton',
    class: 'discrete',
    urls: [
      'NPCTxxxECC521RootCA.cer',
      'Nuvoton TPM Root CA 1110.cer',
      'Nuvoton TPM Root CA 1111.cer',
      'Nuvoton TPM Root CA 2110.cer',
      'Nuvoton TPM Root CA 2111.cer',
      'Nuvoton TPM Root CA 2112.cer',
      'NuvotonTPMRootCA1210.cer',
      'NuvotonTPMRootCA2210.cer',
      'NuvotonTPMRootCA2211.cer',
    ].map(nuvoton),
  },
  {
    id: 'intel',
    name: 'Intel (PTT)',
    class: 'firmware',
    urls: [
      'https://tsci.intel.com/content/OnDieCA/certs/OnDie_CA_RootCA_Certificate.cer',
      'https://upgrades.intel.com/content/CRL/ekcert/EKRootPublicKey.cer',
    ],
  },
  {
    id: 'amd',
    name: 'AMD (fTPM)',
    class: 'firmware',
    urls: [
      'https://ftpm.amd.com/pki/aia/264D39A23CEB5D5B49D610044EEBD121',
      'https://ftpm.amd.com/pki/aia/23452201D41C5AB064032BD23F158FEF',
    ],
  },
];
