/** Every reader of foreign bytes. A new one is added here with the inputs it starts from. */
import { CHAIN_TARGETS } from './targets-chain.ts';
import { DOCUMENT_TARGETS } from './targets-documents.ts';
import { IMAGE_TARGETS } from './targets-images.ts';
import { LOG_TARGETS } from './targets-logs.ts';
import { TPM_TARGETS } from './targets-tpm.ts';
import { UEFI_TARGETS } from './targets-uefi.ts';
import { X509_TARGETS } from './targets-x509.ts';
import type { Target } from './target.ts';

export const TARGETS: readonly Target[] = [
  ...TPM_TARGETS,
  ...LOG_TARGETS,
  ...X509_TARGETS,
  ...UEFI_TARGETS,
  ...DOCUMENT_TARGETS,
  ...IMAGE_TARGETS,
  ...CHAIN_TARGETS,
];
