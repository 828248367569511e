/** Digests of what boot components measure, in every bank a TPM of today has. */

import { digestHex, type HashName } from '../bytes/hash.ts';
import { printable, toHex } from '../bytes/text.ts';
import type { ManifestEvent } from '../references/manifest.ts';
import type { Digests } from '../references/schema.ts';
import { authenticodeDigest } from '../uefi/authenticode.ts';
import type { PeImage } from '../uefi/pe.ts';

/** Every bank's digest by one function of the bank. */
function inEveryBank(compute: (bank: HashName) => string): Digests {
  return { sha1: compute('sha1'), sha256: compute('sha256'), sha384: compute('sha384'), sha512: compute('sha512') };
}

/** The digests of `bytes`. */
export function digestsOf(bytes: Uint8Array): Digests {
  return inEveryBank((bank) => digestHex(bank, bytes));
}

/** The Authenticode digest, which is what `EV_EFI_BOOT_SERVICES_APPLICATION` extends. */
export function imageDigests(image: PeImage): Digests {
  return inEveryBank((bank) => toHex(authenticodeDigest(image, bank)));
}

/** An event that extends the digest of `bytes`. */
export function measured(component: string, what: string, bytes: Uint8Array): ManifestEvent {
  return measuredAs(component, what, digestsOf(bytes));
}

/** An event that extends a digest at hand: what is measured twice is large, and hashed once. */
export function measuredAs(component: string, what: string, digests: Digests): ManifestEvent {
  return { component, what: printable(what, 1024), digests };
}
